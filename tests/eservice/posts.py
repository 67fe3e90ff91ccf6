"""A post over loopback: an outbox in SQLite, its relay, and the demo's mailbox that takes what is sent."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import MetaData

from contracts.database import Database
from contracts.outbox import Letter, Outbox, Redelivery, Relay, Send, outbox_table
from contracts.times import SWEDEN
from eservice.post import Post, PostSettings
from eservice.smtp import smtp_sender

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=SWEDEN)
ANNA_AT, BERTIL_AT = "anna@post.example", "bertil@post.example"
# The numbers that PTS keeps free for films and books.
ANNA_MOBILE, BERTIL_MOBILE = "070-174 06 05", "070-174 06 15"
SETTINGS = PostSettings(smtp_host="127.0.0.1", sender="inga-svar@tidbro.example", sms_domain="sms.tidbro.example")


@dataclass
class PostOffice:
    """What the e-service has of it. Making one again in the same folder is what happens after a crash."""

    settings: PostSettings
    database: Database
    outbox: Outbox
    post: Post

    def relay(self, send: Send | None = None, now: datetime = NOW) -> Relay:
        taken = send or smtp_sender(self.settings, lambda: now)
        return Relay(self.database, self.outbox, taken, Redelivery((0.0,), gives_up=False), lambda: now)

    def email(
        self, to: str = ANNA_AT, subject: str = "Hej", text: str = "Logga in för att läsa.", key: str = "1"
    ) -> None:
        with self.database.writing() as session:
            self.post.send_email(session, to, subject, text, NOW, key)

    def sms(self, to: str = ANNA_MOBILE, text: str = "Logga in för att läsa.", key: str = "1") -> None:
        with self.database.writing() as session:
            self.post.send_sms(session, to, text, NOW, key)

    def letters(self) -> list[Letter]:
        """Those that have not been taken, dead or not."""
        with self.database.reading() as session:
            return self.outbox._read(session, self.outbox.table.c.id > 0)


def a_post_office(folder: Path, settings: PostSettings = SETTINGS) -> PostOffice:
    metadata = MetaData()
    outbox = Outbox(outbox_table(metadata, "post"))
    database = Database(f"sqlite:///{folder / 'e-service.sqlite'}")
    metadata.create_all(database.engine)
    return PostOffice(settings, database, outbox, Post(outbox, settings))

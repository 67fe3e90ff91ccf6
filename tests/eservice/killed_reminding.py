"""A process that sends reminders and is killed at a chosen moment: before what it wrote is committed, or right after.

python -m tests.eservice.killed_reminding FOLDER URL PORT NOW before|after
"""

import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from eservice.app import EService
from eservice.post import PostSettings
from eservice.settings import EServiceSettings
from tidbro import demo_eservice
from tidbro.demo_mailbox import SENDER, SMS_DOMAIN


def main(folder: Path, url: str, port: int, now: datetime, moment: str) -> None:
    settings = EServiceSettings(platform_url=url, data_directory=folder)
    post = PostSettings(smtp_host="127.0.0.1", smtp_port=port, sender=SENDER, sms_domain=SMS_DOMAIN, use_starttls=False)
    eservice = EService(
        settings, demo_eservice.people(), demo_eservice.units(), lambda: now, post_settings=lambda: post
    )
    eservice.open()
    if moment == "before":
        event.listen(Session, "before_commit", lambda session: _die())
    else:
        event.listen(Session, "after_commit", lambda session: _die())
    eservice.send_due(now)


def _die() -> None:
    """Only the thread that sends reminders: others look after other things meanwhile."""
    if threading.current_thread() is threading.main_thread():
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), datetime.fromisoformat(sys.argv[4]), sys.argv[5])

"""Settings that don't fit stop the start with a sentence that names the setting."""

from dataclasses import fields

import pytest

from gateway.settings import SettingsRefused
from tidbro.settings import RegionSettings, read_region


def write(tmp_path, text):
    path = tmp_path / "tidbro.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_and_without_flags_every_setting_has_its_default():
    assert read_region(None, {}) == RegionSettings()


def test_a_file_sets_the_region_the_gateway_and_an_adapter(tmp_path):
    path = write(
        tmp_path, 'port = 9000\n[gateway]\ninstance_name = "Prov"\n[adapters.timebook]\nactor_required = false\n'
    )
    settings = read_region(path, {})
    assert (settings.port, settings.gateway.instance_name) == (9000, "Prov")
    assert settings.adapters == {"timebook": {"actor_required": False}}


def test_what_the_command_line_says_goes_before_the_file(tmp_path):
    assert read_region(write(tmp_path, "port = 9000\n"), {"port": 9001}).port == 9001


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 9000", "prot"),
        ('port = "many"', "port"),
        ("port = 70000", "port"),
        ("port = true", "port"),
        ("demo = 1", "demo"),
        ('clock = "yesterday"', "clock"),
        ('clock = "2027-03-28T02:30"', "clock"),
        ('tak_file = "there/is/none.toml"', "tak_file"),
        ('contract_folders = ["there/is/none"]', "contract_folders"),
        ("gateway = 3", "gateway"),
        ("adapters = 3", "adapters"),
        ("national = 3", "national"),
        ("[national.inbox]", "inbox"),
        ('[gateway]\nvalidation = "maybe"', "validation"),
        ("[gateway]\nproducer_timeout_seconds = 0", "producer_timeout_seconds"),
        ("[gateway]\nadapter_threads = -1", "adapter_threads"),
        ('[gateway]\ninstance_id = " "', "instance_id"),
        ("[gateway]\nip_whitelist = 127", "ip_whitelist"),
        ('[gateway]\nmax_message_byte = "1"', "max_message_byte"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_in_a_sentence(tmp_path, text, named):
    with pytest.raises(SettingsRefused) as refused:
        read_region(write(tmp_path, text), {})
    assert named in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsRefused, match=r"none\.toml cannot be read"):
        read_region(tmp_path / "none.toml", {})


def test_a_file_that_is_not_toml_is_told_so(tmp_path):
    with pytest.raises(SettingsRefused, match="is not TOML"):
        read_region(write(tmp_path, "port: 9000"), {})


def test_every_setting_says_what_it_is_for():
    assert all(one.metadata["help"].endswith(".") for one in fields(RegionSettings))

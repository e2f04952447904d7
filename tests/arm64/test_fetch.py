"""What is needed is fetched whole or not at all, and once; where it cannot be had, it is said why."""

import pytest

from tools import arm64


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """The folder that a cache would come into, empty."""
    monkeypatch.setattr(arm64, "CACHE", tmp_path / "cache" / "arm64")
    return tmp_path / "cache"


def test_what_is_there_is_taken(monkeypatch):
    before = (arm64.CACHE / arm64.STAMP).stat().st_mtime_ns
    monkeypatch.setenv("PATH", "")
    arm64.fetch()
    assert (arm64.CACHE / arm64.STAMP).stat().st_mtime_ns == before


def test_another_recipe_is_fetched_anew(elsewhere, monkeypatch):
    arm64.CACHE.mkdir(parents=True)
    (arm64.CACHE / arm64.STAMP).write_text("of another day", encoding="ascii")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(arm64.NotFetchedError):
        arm64.fetch()


def test_without_apt_the_tests_are_skipped_and_it_is_said(elsewhere, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    assert arm64.main([]) == 1  # there nothing may go untested
    monkeypatch.delenv("CI")
    assert arm64.main([]) == 0
    assert "SKIPPED the tests of other processors: this is no Debian or Ubuntu" in capsys.readouterr().err
    assert not elsewhere.exists()


def test_without_packages_nothing_is_left_and_apts_own_words_are_told(elsewhere, monkeypatch, tmp_path):
    config = tmp_path / "apt.conf"
    config.write_text('Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "/dev/null";\n', encoding="ascii")
    monkeypatch.setenv("APT_CONFIG", str(config))
    with pytest.raises(arm64.NotFetchedError, match=r"apt-get cannot fetch .*\n.*qemu-user-static"):
        arm64.fetch()
    assert list(elsewhere.iterdir()) == []

"""The shelf of claims: what ships, folders of one's own, and mistakes that name file and claim."""

from __future__ import annotations

import pytest

from harness.cli.main import main
from harness.commands.completion import names as completed
from harness.errors import UsageError
from harness.ledger import names
from harness.ledger.shelf import filed
from harness.registry.cards import CardError

HEAD = '"""A post."""\n\nfrom harness.claim import Above, Claim, Difference, Side, Value\n\n'
CARD = """Claim(
    id={id!r}, says="A is better.", source="a post", section="1", published="none", kind="comparison",
    tasks=("{task}",), sides=(Side("a", "{model}"{more}), Side("b", "ner/crf", encoder="bilstm")), metric="{metric}",
    predicate=Above(Difference({first}, Value("b")), margin={margin}), smallest=0.005, seeds=6, items=100, power=0.8,
    assumes="nothing", scope="here"{rest})"""
SOUND = {
    "id": "better",
    "task": "ner/cmeee",
    "model": "ner/globalpointer",
    "more": ', encoder="bilstm"',
    "metric": "span_f1",
    "margin": "0.0",
    "first": 'Value("a")',
    "rest": "",
}


@pytest.fixture
def post(tmp_path, monkeypatch):
    """Writes ``claims/mine.py`` into a folder of HARNESS_PATH."""

    def write(text=None, **changes):
        (tmp_path / "claims").mkdir(exist_ok=True)
        held = CARD.format(**{**SOUND, **changes})
        (tmp_path / "claims" / "mine.py").write_text(HEAD + (f"CLAIMS = ({held},)\n" if text is None else text))
        monkeypatch.setenv("HARNESS_PATH", str(tmp_path))

    return write


def test_claims_of_ones_own_are_read(post) -> None:
    """A folder that holds claims alone is enough; nothing of it is imported."""
    post()
    (found,) = filed("mine")
    assert found.name == "mine/better"
    names.check(found)
    assert [one.name for one in filed("mine/better")] == ["mine/better"]


def test_every_claim_that_ships_is_sound() -> None:
    """All cards are read, and all that they name exists."""
    found = filed()
    assert len(found) >= 30
    for one in found:
        names.check(one)


@pytest.mark.parametrize(
    ("name", "words"),
    [("mine/beter", "no claim is called 'mine/beter'. Did you mean mine/better"), ("mein", "Did you mean mine")],
)
def test_a_name_of_none_is_answered_with_the_nearest(post, name, words) -> None:
    """The message has the nearest names and the command that lists them."""
    post()
    with pytest.raises(UsageError, match=words) as told:
        filed(name)
    assert "`harness claims" in str(told.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"margin": "None"}, "mine.py: claim 'better': the margin of Above is None"),
        ({"rest": ", kind_of='x'"}, r"mine.py:5: .*unexpected keyword argument 'kind_of'"),
        ({"margin": "half()"}, r"mine.py:8: 'half\(\)' is not a literal"),
        ({"id": "not good"}, "mine.py: claim 'not good': id"),
        ({"rest": ", deviations=5"}, "mine.py: claim 'better': the deviations is 5, not a tuple"),
        ({"id": 5}, "mine.py: claim 5: the id is 5, not a text"),
        ({"margin": "1e999"}, "mine.py: claim 'better': the margin of Above is inf, not a number"),
        ({"text": "CLAIMS = ()\n"}, "CLAIMS is no tuple of claims"),
        ({"text": "CLAIMS = (1,)\n"}, "CLAIMS is no tuple of claims"),
        ({"text": "OTHER = ()\n"}, "no constant CLAIMS"),
        ({"text": f"CLAIMS = ({CARD.format(**SOUND)}, {CARD.format(**SOUND)})\n"}, "two claims are called 'better'"),
        (
            {"text": "CLAIMS = (" + CARD.format(**SOUND).replace(", margin=0.0", "") + ",)\n"},
            r"mine.py:8: .*missing 1 required positional argument: 'margin'",
        ),
    ],
)
def test_a_card_that_cannot_be_read_is_named(post, changes, words) -> None:
    """File, line or claim, and what is wrong."""
    post(**changes)
    with pytest.raises(CardError, match=words):
        filed("mine")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": "ner/cmee"}, "no task is called 'ner/cmee'. Did you mean ner/cmeee"),
        ({"task": "ner/cmeee@7"}, "the task is at version 1 now"),
        ({"model": "ner/globalpointr"}, "no model is called"),
        ({"model": "ner/globalpointer:roped=false"}, "no setting of ner/globalpointer is called 'roped'"),
        ({"metric": "span_f2"}, "no metric is called 'span_f2'"),
        ({"rest": ', protocol="maxi@1"'}, "no protocol is called 'maxi@1'"),
        ({"rest": ', protocol="throughput@1"'}, "times models"),
        ({"more": ', encoder="bilstm", regime="fgn"'}, "no regime is called 'fgn'"),
        ({"first": 'Value("a", strata=(1,))'}, "ner/cmeee has no strata, and the claim names stratum 1"),
        ({"model": "trivial/gazetteer"}, "has no encoder"),
    ],
)
def test_what_a_claim_names_must_exist(post, changes, words) -> None:
    """The claim, its file, and the nearest names."""
    post(**changes)
    (found,) = filed("mine")
    with pytest.raises(UsageError, match=words) as told:
        names.check(found)
    assert "claim mine/better" in str(told.value)


def test_check_asks_for_sound_cards_names_and_a_lock(post, capsys) -> None:
    """`harness check POST` fails where a claim is not locked or names what does not exist, and passes after `--lock`."""
    post()
    assert main(["check", "mine"]) == 1
    assert "mine/better is not locked. `harness claims mine --lock` locks it." in capsys.readouterr().out
    assert main(["claims", "mine", "--lock"]) == 0
    assert main(["check", "mine"]) == 0
    post(id="other")
    assert main(["claims", "mine", "--lock"]) == 0
    assert main(["check", "mine"]) == 1
    assert "mine/better has no card (locked on " in capsys.readouterr().out
    post(metric="span_f2")
    assert main(["check", "mine"]) == 1
    assert "no metric is called 'span_f2'" in capsys.readouterr().out


def test_a_shell_completes_claims(post) -> None:
    """Posts and their claims."""
    post()
    assert {"mine", "mine/better", "globalpointer"} <= {*completed()["claims"]}


def test_a_post_with_a_slash_and_no_claim_names_nothing(post) -> None:
    """``POST/`` is a claim without a name, not the post."""
    post()
    assert len(filed("mine")) == 1
    with pytest.raises(UsageError, match="no claim is called 'mine/'"):
        filed("mine/")

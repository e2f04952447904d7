"""What stands around every page: the name, the language, and which model answers."""

from dataclasses import dataclass

import streamlit as st

from gemelo import runtimes
from gemelo.errors import NotFoundError, SchemaError
from gemelo.preprocessing import Preprocessing
from gemelo.store.bundle import Artifact, Bundle
from gemelo.terminal.text import shown

from . import errors, i18n
from .cards import count, heading
from .guard import notice, problem
from .i18n import counted, markup, percent, say
from .models import Found, shelves
from .options import Options

_KEPT = "chosen"
DEMO = "\n".join(
    [
        "gemelo data draw data/drawings",
        "gemelo train data/drawings --out runs/drawings",
        "gemelo export runs/drawings --out bundles/drawings",
    ]
)


@dataclass(frozen=True)
class Chosen:
    """What the visitor chose beside the pages.

    Attributes:
        found: The bundle's place.
        bundle: Opened.
        artifact: Which of its artifacts answers.
        others: All bundles that can be opened.
        options: Of the command line.
    """

    found: Found
    bundle: Bundle
    artifact: Artifact
    others: list[Bundle]
    options: Options

    @property
    def key(self) -> str:
        """What an answer is kept under."""
        return f"{self.found.stamp}:{self.artifact.name}"

    def preprocessings(self) -> list[Preprocessing]:
        """Of the chosen bundle, then those of the others, each once."""
        return list(dict.fromkeys([self.bundle.preprocessing, *(bundle.preprocessing for bundle in self.others)]))


def chosen() -> Chosen:
    """What was chosen; for pages, which are only shown when something is."""
    kept: Chosen = st.session_state[_KEPT]
    return kept


def choose(found: list[Found], options: Options) -> Chosen | None:
    """Draw the choice; None, and the reason on the page, where there is nothing that can answer."""
    with st.sidebar:
        _language()
        place = _bundle(found) if found else None
    if place is None:
        _welcome()
        return None
    _list_broken(found)
    if place.bundle is None:
        _say_why(place, options)
        return None
    with st.sidebar:
        artifact = _artifact(place.bundle)
    if artifact is None:
        notice(say("error.UsageError"), say("none.artifact", name=place.name))
        return None
    with st.sidebar:
        _facts(place.bundle, artifact)
    others = [one.bundle for one in found if one.bundle is not None]
    st.session_state[_KEPT] = Chosen(place, place.bundle, artifact, others, options)
    return chosen()


def _welcome() -> None:
    """No model yet: no fault of the visitor's, so no alarm."""
    heading(say("none.title"), say("none.text"))
    for key, command in (("demo", DEMO), ("own", "gemelo app BUNDLE")):
        st.html(f'<p class="gm">{say(f"none.{key}")}</p>')
        st.code(command, language="bash", wrap_lines=True)
    places = "<br>".join(markup(str(place)) for place in shelves())
    st.html(f'<p class="gm lead small">{say("none.looked")}<br>{places}</p>')


def _say_why(place: Found, options: Options) -> None:
    """A bundle that cannot be used: what is wrong, where it is or should be, what to do."""
    error = place.problem or SchemaError(str(place.path))
    if isinstance(error, NotFoundError) and place.path in options.bundles:
        where = shown(str(place.path.absolute()))
        notice(say("broken.nowhere"), say("broken.nowhere_text", path=where), say("broken.nowhere_hint"))
        return
    st.html(f'<p class="gm lead">{say("broken.lead", name=markup(place.name))}</p>')
    problem(error)


def _language() -> None:
    wanted = st.segmented_control(
        say("shell.language"),
        list(i18n.LANGUAGES),
        default=i18n.language(),
        required=True,
        format_func=lambda name: i18n.LANGUAGES[name],
        key="language-choice",
        label_visibility="collapsed",
    )
    if wanted != i18n.language():
        i18n.choose_language(wanted)
        st.rerun()


def _bundle(found: list[Found]) -> Found:
    by_path = {str(one.path): one for one in found}
    names = [one.name for one in found]

    def title(one: Found) -> str:
        name = one.name if names.count(one.name) == 1 else f"{one.name} ({one.path.parent.name}/{one.path.name})"
        return shown(name if one.bundle else say("broken.option", name=name))

    titles = {path: title(one) for path, one in by_path.items()}
    current = st.session_state.get("bundle")
    if current not in by_path:
        whole = (path for path, one in by_path.items() if one.bundle)
        current = next(whole, next(iter(by_path)))
    # Said anew each time: a title that changes, as of a bundle that broke, would lose what was chosen.
    st.session_state["bundle"] = current
    return by_path[st.selectbox(say("shell.bundle"), list(by_path), format_func=titles.__getitem__, key="bundle")]


def _artifact(bundle: Bundle) -> Artifact | None:
    formats = runtimes.ordered(artifact.format for artifact in bundle.artifacts)
    if not formats:
        return None
    format = _one_of("format", say("shell.format"), formats, {name: runtimes.get(name).TITLE for name in formats})
    variants = [a.variant for a in bundle.artifacts if a.format == format]
    return bundle.artifact(format, _one_of("variant", say("shell.variant"), variants, {}))


def _one_of(key: str, label: str, names: list[str], titles: dict[str, str]) -> str:
    """A row of choices; what was chosen for another bundle holds for this one where it has that too."""
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    st.segmented_control(label, names, required=True, format_func=lambda name: titles.get(name, name), key=key)
    return str(st.session_state[key])


def _facts(bundle: Bundle, artifact: Artifact) -> None:
    preprocessing, parity, accuracy = bundle.preprocessing, artifact.parity, artifact.parity.accuracy
    rows = [
        (say("facts.labels"), ", ".join(bundle.labels[:6]) + (" …" if len(bundle.labels) > 6 else "")),
        _network(bundle),
        (say("facts.parameters"), count(bundle.manifest.parameters)),
        (say("facts.input"), f"{preprocessing.width}×{preprocessing.height}, {preprocessing.fit}"),
        (say("facts.right"), "–" if accuracy is None else percent(accuracy, 2)),
        (say("facts.size"), i18n.size(artifact.bytes)),
        (say("facts.difference"), i18n.power(parity.max_abs_difference or 0.0)),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd{_whole(value)}>{markup(value)}</dd></div>" for name, value in rows)
    st.html(f'<dl class="gm facts">{cells}</dl>{_held_on(parity.images or 0)}')


def _network(bundle: Bundle) -> tuple[str, str]:
    """The network's name; of an imported model, the file that it came in."""
    source = bundle.manifest.imported
    if source is None:
        return say("facts.network"), bundle.manifest.architecture
    return say("facts.imported"), f"{source.file} ({source.title}, sha256 {source.sha256[:8]}…)"


def _held_on(images: int) -> str:
    """What export's figures are of: Compare has others, measured here."""
    return f'<p class="gm lead small">{counted("facts.note", images)}</p>' if images else ""


def _whole(value: str) -> str:
    """A figure is not broken over two lines; a list is."""
    return "" if ", " in value else ' class="whole"'


def _list_broken(found: list[Found]) -> None:
    broken = [one for one in found if one.problem is not None]
    if not broken:
        return
    with st.sidebar.expander(say("broken.count", count=len(broken))):
        rows = "".join(
            f"<li><strong>{markup(one.path.name)}</strong><br>{say(f'error.{errors.kind(one.problem)}')}: "
            f"{markup(errors.sentence(one.problem))}</li>"
            for one in broken
            if one.problem
        )
        st.html(f'<ul class="gm broken">{rows}</ul>')

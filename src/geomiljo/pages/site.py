"""What surrounds every page: who looks at it, in which language, where it lies, and where one can go from there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from geomiljo.maps import symbols
from geomiljo.maps.templating import environment
from geomiljo.pages import static
from geomiljo.texts import mark as _
from geomiljo.wording import ROLE

if TYPE_CHECKING:
    from jinja2 import Environment

    from geomiljo.access import Caller
    from geomiljo.texts import Language

Section = Literal["check", "plans", "review", "overview", "layers", ""]
"""Part of the site that a page belongs to."""

_SECTIONS: dict[Section, tuple[str, str]] = {
    "check": ("/", _("Check a plan")),
    "plans": ("/plans", _("Plans")),
    "review": ("/review", _("Review")),
    "overview": ("/overview", _("County overview")),
    "layers": ("/layers", _("Map layers")),
}
_COUNTY_SECTIONS = frozenset({"review", "overview"})
_OTHER: dict[Language, tuple[Language, str]] = {"sv": ("en", "English"), "en": ("sv", "Svenska")}


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page.

    Attributes
    ----------
    language : Language
    caller : Caller
    address : str
        Path and query of the page.
    can_sign_in : bool
        Whether the installation has an OpenID provider.
    is_demo : bool
        Whether it runs for development, with demo identities.
    """

    language: Language
    caller: Caller
    address: str
    can_sign_in: bool = False
    is_demo: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self.caller.role != "public"

    @property
    def role(self) -> str:
        """What the caller is, as a marked text."""
        return ROLE[self.caller.role]

    @property
    def sections(self) -> tuple[tuple[Section, str, str], ...]:
        """Parts of the site that the caller has something to do with: name, address and marked title."""
        is_county = self.caller.role in {"reviewer", "admin"}
        return tuple(
            (section, address, title)
            for section, (address, title) in _SECTIONS.items()
            if is_county or section not in _COUNTY_SECTIONS
        )

    @property
    def other_language(self) -> tuple[Language, str]:
        """The other language and its own name."""
        return _OTHER[self.language]


def render(template: str, frame: Frame, *, section: Section = "", **context: Any) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        Name below ``maps/templates/site``.
    section : Section
        Part of the site that is marked as the present one.
    **context
        What the template shows.

    Raises
    ------
    jinja2.UndefinedError
        The template shows what nobody gives.
    """
    return _environment(frame.language).get_template(f"site/{template}").render(frame=frame, section=section, **context)


@cache
def _environment(language: Language) -> Environment:
    """Return the environment of the one-file map with the addresses of files besides."""
    pages = environment(language).overlay()
    pages.globals = {
        **pages.globals,
        "language": language,
        "asset": static.address,
        "integrity_of": lambda path: static.files()[path].integrity,
        "vendored": static.vendored,
        "sprite": symbols.severity_sprite(),
    }
    return pages

"""`geomiljo layer new`: a register entry for a layer of one's own, proposed from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from geomiljo.cli.context import note, read_settings
from geomiljo.cli.words import say
from geomiljo.texts import mark as _

HELP = say(_("Write a register entry for a layer of your own, proposed from a file."))


_File = Annotated[Path, typer.Argument(metavar="FILE", help=say(_("Any vector file that GDAL reads")))]
_Name = Annotated[str | None, typer.Option("--name", help=say(_("Its id will be local.<name>")))]
_Title = Annotated[str | None, typer.Option("--title", help=say(_("Swedish name for people")))]
_TitleEn = Annotated[str | None, typer.Option("--title-en", help=say(_("English name for people")))]
_Theme = Annotated[str | None, typer.Option("--theme", help="nature, water, …")]
_Authority = Annotated[str | None, typer.Option("--authority", help=say(_("Who keeps the data")))]
_Licence = Annotated[str | None, typer.Option("--licence", help=say(_("Name of the licence")))]
_CadenceDays = Annotated[
    int | None, typer.Option("--cadence-days", min=1, help=say(_("How often the source changes, in days")))
]
_IdColumn = Annotated[str | None, typer.Option("--id-column", help=say(_("Column that identifies; empty: none")))]
_NameColumn = Annotated[str | None, typer.Option("--name-column", help=say(_("Column with names; empty: none")))]
_ClassColumn = Annotated[
    str | None, typer.Option("--class-column", help=say(_("Column whose values become classes; empty: none")))
]
_Organisation = Annotated[
    str | None, typer.Option("--organisation", help=say(_("Whose registers, where the folder is new")))
]
_Source = Annotated[
    str | None,
    typer.Option("--source", metavar="URL|FILE", help=say(_("File by which the layer is refreshed, at its cadence"))),
]
_Coverage = Annotated[
    str | None,
    typer.Option("--coverage", metavar="county:NN,NN|sweden", help=say(_("What that file maps; unknown without it"))),
]
_Table = Annotated[str | None, typer.Option("--table", help=say(_("Table of a file with several")))]
_Crs = Annotated[
    str | None, typer.Option("--crs", metavar="EPSG", help=say(_("Coordinate system, where the file states none")))
]
_Defaults = Annotated[
    bool, typer.Option("--yes", help=say(_("Ask nothing: take what is proposed where no option says otherwise")))
]


def new(
    file: _File,
    name: _Name = None,
    title: _Title = None,
    title_en: _TitleEn = None,
    theme: _Theme = None,
    authority: _Authority = None,
    licence: _Licence = None,
    cadence_days: _CadenceDays = None,
    id_column: _IdColumn = None,
    name_column: _NameColumn = None,
    class_column: _ClassColumn = None,
    source: _Source = None,
    coverage: _Coverage = None,
    organisation: _Organisation = None,
    table: _Table = None,
    crs: _Crs = None,
    defaults: _Defaults = False,
) -> None:
    """Read a file, propose what its columns are, ask where nothing is stated, and write the entry."""
    from geomiljo.layers.files import read_layer_file
    from geomiljo.layers.own import THEMES, write_own_layer
    from geomiljo.layers.propose import Stated, entry_for, look_at, slug

    settings = read_settings()
    raw = read_layer_file(file, table, crs)
    found = look_at(raw)
    asks = sys.stdin.isatty() and not defaults

    def ask(stated: str | None, question: str, proposed: str) -> str:
        if stated is not None or not asks:
            return proposed if stated is None else stated
        answer: str = typer.prompt(question, default=proposed)
        return answer.strip()

    stated_name = slug(ask(name, say(_("Its id will be local.<name>")), slug(file.stem)))
    swedish = ask(title, say(_("Swedish name for people")), file.stem)
    stated = Stated(
        name=stated_name,
        title_sv=swedish,
        title_en=ask(title_en, say(_("English name for people")), swedish),
        theme=ask(theme, ", ".join(THEMES), THEMES[0]),
        authority=ask(authority, say(_("Who keeps the data")), "–"),
        licence=ask(licence, say(_("Name of the licence")), "–"),
        cadence_days=cadence_days,
        id_column=ask(id_column, say(_("Column that identifies; empty: none")), next(iter(found.id_columns), "")),
        name_column=ask(name_column, say(_("Column with names; empty: none")), next(iter(found.name_columns), "")),
        class_column=ask(class_column, _class_question(found.class_columns), ""),
        source=ask(source, say(_("File by which the layer is refreshed, at its cadence; empty: none")), ""),
        coverage=coverage,
    )
    path = write_own_layer(settings.registers_dir, organisation, entry_for(raw, found, stated))
    note(say(_("Written to {file}. Without rules the layer is shown as a fact."), file=path))
    note(say(_("Load it: geomiljo layer load {layer} {file}"), layer=f"local.{stated_name}", file=file))
    note(say(_("State with --coverage what it maps: where that is unknown it cannot say no.")))


def _class_question(columns: tuple[str, ...]) -> str:
    question = say(_("Column whose values become classes; empty: none"))
    return f"{question} ({', '.join(columns)})" if columns else question

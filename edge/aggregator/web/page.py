"""Renders the store's picture to HTML: the whole document for the first paint, then its sections alone."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from edge.aggregator.store_view import StoreView
from edge.aggregator.web import shelf_map, words
from edge.planogram import Catalogue, Planogram

SECTIONS = ("summary", "carts", "shelves", "events", "receipts", "health")
"""Parts of the page that change, each a template and a server-sent event of that name."""


class Page:
    """The templates with all they need to know of the store.

    Args:
        catalogue: names and prices.
        planogram: the map.
    """

    def __init__(self, catalogue: Catalogue, planogram: Planogram) -> None:
        explainer = words.Explainer(catalogue, planogram)
        self._environment = Environment(
            loader=PackageLoader("edge.aggregator.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            action=words.action,
            clock_time=words.clock_time,
            gondola_name=words.gondola_name,
            grams=words.grams,
            items=explainer.items,
            iso_time=words.iso_time,
            latency_s=words.latency_s,
            money=words.money,
            percent=words.percent,
            plate_names=words.plate_names,
            sentence=words.sentence,
            state_words=words.STATE_WORDS.__getitem__,
            sure=words.sure,
            visit_name=words.visit_name,
        )
        self._environment.globals.update(
            gondolas=shelf_map.lay_out(planogram, catalogue),
            questions=words.questions,
            reasons=explainer.reasons,
            state_of=shelf_map.state_of,
            slug=words.slug,
        )

    def sections(self, view: StoreView) -> dict[str, str]:
        """HTML of every section by name."""
        context = self._context(view)
        return {
            name: self._environment.get_template(f"sections/{name}.html").render(context) for name in SECTIONS
        }

    def document(self, view: StoreView) -> str:
        """The whole page."""
        return self._environment.get_template("page.html").render(
            view=view, sections=self.sections(view), names=SECTIONS
        )

    @staticmethod
    def _context(view: StoreView) -> dict[str, Any]:
        return {
            "view": view,
            "decisions": {str(row.event.identity): row for row in view.decisions},
            "latest": shelf_map.latest_by_plate(view.decisions),
        }

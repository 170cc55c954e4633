"""The templates with all they need to know of the store, and the frame that every page stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from edge.aggregator.web import shelf_map, stock_words, words
from edge.aggregator.web.access.forms import Forms
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.access.visitor import Visitor, visitor_of
from edge.aggregator.web.tickets.why import REASONS, Why, correction_in_words
from edge.planogram import Catalogue, Planogram


@dataclass(frozen=True, slots=True)
class Tab:
    """A page in the navigation."""

    label: str
    path: str
    right: Right


class Templates:
    """Renders templates. Everything that is put into one is escaped.

    Args:
        catalogue: names and prices.
        planogram: the map.
        forms: gives out their tokens.
        store: the store's name.

    Attributes:
        tabs: the navigation.
    """

    def __init__(self, catalogue: Catalogue, planogram: Planogram, forms: Forms, store: str) -> None:
        self._forms = forms
        self.tabs: Sequence[Tab] = ()
        explainer = words.Explainer(catalogue, planogram)
        why = Why(explainer)
        self._environment = Environment(
            loader=PackageLoader("edge.aggregator.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            action=words.action,
            age=words.age,
            change=words.change,
            clock_time=words.clock_time,
            day_time=words.day_time,
            gondola_name=words.gondola_name,
            goods_name=explainer.goods_name,
            grams=words.grams,
            items=explainer.items,
            iso_time=words.iso_time,
            latency_s=words.latency_s,
            money=words.money,
            percent=words.percent,
            plate_names=words.plate_names,
            plate_state=words.plate_state,
            sentence=words.sentence,
            state_words=words.STATE_WORDS.__getitem__,
            sure=words.sure,
            visit_name=words.visit_name,
            why=why.sentences,
            **stock_words.FILTERS,
        )
        self._environment.globals.update(
            gondolas=shelf_map.lay_out(planogram, catalogue),
            price_at=catalogue.price_minor,
            questions=words.questions,
            reasons=explainer.reasons,
            state_of=shelf_map.state_of,
            slug=words.slug,
            correction_in_words=correction_in_words,
            correction_reasons=REASONS,
            store=store,
            currency=catalogue.currency,
        )

    def html(self, template: str, **context: Any) -> str:
        """A part of a page."""
        return self._environment.get_template(template).render(context)

    def page(self, request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
        """Answer with a whole page: a template that extends ``layout.html``.

        It may use ``visitor``, and ``form(path)`` inside of each ``<form method="post" action="{path}">``.
        """
        tabs = [tab for tab in self.tabs if visitor_of(request).may(tab.right)]
        html = self.part(request, template, tabs=tabs, here=request.url.path, **context)
        return HTMLResponse(html, status)

    def part(self, request: Request, template: str, **context: Any) -> str:
        """A part of a page that may hold forms, as :meth:`page` does."""
        visitor = visitor_of(request)

        def form(path: str) -> Markup:
            return Markup('<input type="hidden" name="form" value="{}">').format(self.token(visitor, path))

        return self.html(template, visitor=visitor, form=form, **context)

    def token(self, visitor: Visitor, path: str) -> str:
        """The token of a form that this visitor may send to a path: once, see ``access/forms.py``."""
        visitor.keeps = True
        return self._forms.token(visitor.browser, path)

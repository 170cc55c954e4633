"""Drawings as SVG that stands in the page: numbers in, markup out; colours are the page's."""

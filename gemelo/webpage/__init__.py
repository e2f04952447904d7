"""The static page of a bundle: a self-contained folder that any host can serve, and the server of `gemelo serve`."""

from gemelo.webpage.build import PageOptions, PageReport, is_page, make_page
from gemelo.webpage.server import bind

__all__ = ["PageOptions", "PageReport", "bind", "is_page", "make_page"]

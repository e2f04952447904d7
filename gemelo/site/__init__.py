"""The static page of a bundle: a self-contained folder that any host can serve, and the server of `gemelo serve`."""

from gemelo.site.build import PageOptions, PageReport, is_page, make_page
from gemelo.site.server import PageServer, bind

__all__ = ["PageOptions", "PageReport", "PageServer", "bind", "is_page", "make_page"]

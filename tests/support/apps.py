"""Moves through the app in a test."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash


def go_to(app: AppTest, page: str) -> AppTest:
    """A page by its address: AppTest's own `switch_page` knows pages that are files of their own only."""
    app._page_hash = calc_hash(page)
    return app.run()

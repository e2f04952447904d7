"""The catalogue of error messages: a sentence for each code, in English (`en`) and in Spanish (`es`).

The web page and the app take their sentences from the same modules; `tools/messages.py` writes the page's copy.
"""

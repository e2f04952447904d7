"""The Streamlit app: a thin view over gemelo. `python -m streamlit_app --bundle PATH`."""

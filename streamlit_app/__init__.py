"""The Streamlit app: a thin view over gemelo. `gemelo app BUNDLE`."""

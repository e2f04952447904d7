"""The Streamlit app: a thin view over gemelo. `streamlit run streamlit_app/app.py -- --bundle PATH`."""

"""The front page is made outside a server of boards: Streamlit's remarks on that (its cache is of this process) are not told."""

from streamlit.logger import set_log_level

set_log_level("error")

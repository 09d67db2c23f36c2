"""The briefing: the boards' numbers as a memo for one week or month, with asks to follow up.

Like the front page it is made outside a server of boards: Streamlit's remarks on that are not told.
"""

from streamlit.logger import set_log_level

set_log_level("error")

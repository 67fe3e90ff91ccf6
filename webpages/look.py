"""The family's look: one file of tokens that every site links to first, at its own address `…/look/tokens.css`.

A site registers `blueprint` and its layout links to `url_for("look.static", filename="tokens.css")`, which keeps to the
path that the site is mounted at. Elsewhere: what a site makes of the tokens (its own style sheets).
"""

from flask import Blueprint

blueprint = Blueprint("look", __name__, static_folder="static", static_url_path="/look")

"""Forms that only the browser to which we gave them can send, for the one thing they are for, once.

A form's token is signed and dated. It holds the browser that it was given to, the path that it is for, and an
id of its own. The id becomes that of the statement which the form makes: sending it twice changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from edge.errors import SteelyardError

FORM_S = 4 * 3600
"""[s] in which a form must be sent."""


class FormError(SteelyardError):
    """A form that was not given to this browser for this, or too long ago."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that may be acted on."""

    id: str  # the same when it is sent again
    fields: Mapping[str, str]

    def get(self, field: str) -> str:
        """A field without blanks around it; "" when it was left out."""
        return self.fields.get(field, "").strip()


class Forms:
    """Gives forms out, and takes them.

    Args:
        key: the store's secret.
    """

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeTimedSerializer(key, salt="steelyard form")

    def token(self, browser: str, path: str) -> str:
        """A token for one form.

        Args:
            browser: secret of the browser that gets it.
            path: where it will be sent.
        """
        return str(self._signer.dumps([uuid.uuid4().hex, _digest(browser), path]))

    def take(self, fields: Mapping[str, str], browser: str, path: str) -> Form:
        """Check a form that was sent.

        Raises:
            FormError: it is not one of ours, was for something else, or is too old.
        """
        try:
            form_id, digest, for_path = self._signer.loads(fields.get("form", ""), max_age=FORM_S)
        except SignatureExpired:
            raise FormError(
                "this form is too old", where=path, fix="Load its page again, then send it."
            ) from None
        except (BadSignature, ValueError, TypeError):
            form_id, digest, for_path = "", "", ""
        if (digest, for_path) != (_digest(browser), path):
            raise FormError(
                "this form did not come from its page", where=path, fix="Load the page again, then send it."
            )
        return Form(form_id, fields)


def _digest(browser: str) -> str:
    return sha256(browser.encode()).hexdigest()[:32]

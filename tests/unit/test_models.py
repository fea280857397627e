"""What all wire models share."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.users.models import ProfileUpdate


def test_a_failed_validation_does_not_repeat_what_was_sent_where_it_is_logged():
    with pytest.raises(ValidationError) as failure:
        ProfileUpdate.model_validate({"displayName": ["mina@example.org"]})
    assert "mina@example.org" not in str(failure.value)

"""A fixture for teams who keep the checks of their saved models in their test suite.

::

    def test_the_model_survives_the_next_upgrade(crossload_check):
        result = crossload_check("models/churn.joblib", to="requirements-next.txt", trust=True)
        assert result.safe, str(result)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    """Versions that all checks share can stand in the configuration."""
    parser.addini(
        "crossload_to",
        "what crossload_check upgrades to: versions, a lock file, or REVISION:PATH",
        default="",
    )
    parser.addini(
        "crossload_from", "what wrote the models (default: what the files record)", default=""
    )


@pytest.fixture(scope="session")
def crossload_check(pytestconfig: pytest.Config) -> Callable[..., Any]:
    """Check one saved model: the arguments and the result of `crossload.check`; relative paths start at the root folder."""

    def check(path: str | Path, to: str = "", **options: Any) -> Any:
        from crossload.api.models import check as check_model  # noqa: PLC0415 - test suites that do not ask for the fixture do without it

        to = to or pytestconfig.getini("crossload_to")
        if not to:
            msg = "crossload_check needs versions: to=..., or crossload_to in the configuration of pytest"
            raise pytest.UsageError(msg)
        options.setdefault("source", pytestconfig.getini("crossload_from"))
        return check_model(pytestconfig.rootpath / path, to, **options)

    return check

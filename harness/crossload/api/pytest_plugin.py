"""A pytest fixture for teams who keep the checks of their saved models in their test suite.

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
    """Add the settings ``crossload_to`` and ``crossload_from``, which all checks share.

    Parameters
    ----------
    parser
        The parser of pytest, which calls this.
    """
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
    """Give a function that checks one saved model.

    It takes the arguments of `crossload.check`, in which paths of models are relative to the root
    folder of pytest (``rootdir``), and ``to`` and ``source`` are by default the settings
    ``crossload_to`` and ``crossload_from``.

    Parameters
    ----------
    pytestconfig
        The configuration of pytest, a fixture of its own.

    Returns
    -------
    callable
        ``crossload_check(path, to="", **options)``, which gives a
        `crossload.api.models.ModelCheck`.

    Raises
    ------
    pytest.UsageError
        A call names no versions, and the configuration does not either.

    Notes
    -----
    The errors of a call are those of `crossload.check`: without ``trust=True`` nothing is loaded,
    and without ``trust_unknown=True`` nothing with names that are not known to be harmless.
    """

    def check(path: str | Path, to: str = "", **options: Any) -> Any:
        # pytest loads this plug-in in every test suite where crossload is installed: those that do
        # not ask for the fixture must not pay for importing pandas and scikit-learn
        from crossload.api.models import check as check_model  # noqa: PLC0415 - see above

        to = to or pytestconfig.getini("crossload_to")
        if not to:
            msg = (
                "crossload_check needs versions: to=..., "
                "or crossload_to in the configuration of pytest"
            )
            raise pytest.UsageError(msg)
        options.setdefault("source", pytestconfig.getini("crossload_from"))
        return check_model(pytestconfig.rootpath / path, to, **options)

    return check

# SPDX-License-Identifier: Apache-2.0
"""torch_tensorrt.logging: the levels, as context managers and decorators."""

import logging as python_logging

import pytest

from torch_tensorrt import logging
from torch_tensorrt.ts import logging as ts_logging

LEVELS = [
    (logging.internal_errors, python_logging.CRITICAL),
    (logging.errors, python_logging.ERROR),
    (logging.warnings, python_logging.WARNING),
    (logging.info, python_logging.INFO),
    (logging.debug, python_logging.DEBUG),
    (logging.graphs, logging.GRAPHS),
]


@pytest.mark.parametrize(("context", "level"), LEVELS, ids=[c.__name__ for c, _ in LEVELS])
def test_a_level_holds_inside_its_block(context, level):
    before = logging.LOGGER.level
    with context():
        assert logging.LOGGER.level == level
    assert logging.LOGGER.level == before

    @context()
    def inside():
        return logging.LOGGER.level

    assert inside() == level and logging.LOGGER.level == before


def test_each_level_shows_more():
    assert logging.internal_errors.level > logging.errors.level > logging.warnings.level
    assert logging.warnings.level > logging.info.level > logging.debug.level
    assert logging.debug.level > logging.graphs.level == logging.GRAPHS


def test_a_block_that_fails_restores_the_level():
    before = logging.LOGGER.level
    with pytest.raises(ZeroDivisionError), logging.debug():
        1 / 0  # noqa: B018
    assert logging.LOGGER.level == before


def test_set_level():
    before = logging.LOGGER.level
    try:
        logging.set_level("ERROR")
        assert logging.TRT_LOGGER.level == python_logging.ERROR
    finally:
        logging.set_level(before)
    other = python_logging.getLogger("surface.other")
    logging.set_level(python_logging.INFO, other)
    assert other.level == python_logging.INFO and logging.LOGGER.level == before


def test_one_logger_with_two_names():
    assert logging.TRT_LOGGER is logging.LOGGER and ts_logging is logging
    assert python_logging.getLevelName(logging.GRAPHS) == "GRAPH"

#!/usr/bin/env python3
"""Become workerd, and die with the process that started it: a killed Node must leave nothing behind."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(1)
binary = os.environ["STUDYMATE_WORKERD"]
os.execv(binary, [binary, *sys.argv[1:]])  # noqa: S606

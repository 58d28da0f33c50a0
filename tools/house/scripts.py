"""Shell and Python files parse; what starts with #! can be executed."""
import os
import subprocess


def check(tree):
    findings, count = [], 0
    for name in tree.files:
        text = tree.text(name)
        if text is None:
            continue
        first = text.split("\n", 1)[0]
        shell = "sh" if first in ("#!/bin/sh", "#!/usr/bin/env sh") else (
            "bash" if first.startswith("#!") and first.endswith("bash") else None)
        is_python = name.endswith(".py") or (first.startswith("#!") and "python" in first)
        if not shell and not is_python:
            continue
        count += 1
        if first.startswith("#!") and not os.access(tree.root / name, os.X_OK):
            findings.append(f"{name}:1: scripts: starts with #! but cannot be executed")
        if shell:
            run = subprocess.run([shell, "-n", name], cwd=tree.root, capture_output=True, text=True)
            if run.returncode != 0:
                findings.append(f"{name}:1: scripts: {run.stderr.strip()}")
        else:
            try:
                compile(text, name, "exec")
            except SyntaxError as error:
                findings.append(f"{name}:{error.lineno}: scripts: {error.msg}")
    return f"{count} scripts", findings

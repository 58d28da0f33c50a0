"""The benches that are one program each: decision, ledger and verify.

Contract: `PROGRAM --json FILE [--quick] [--dir FOLDER]` prints its table to standard output
and writes FILE, an object whose "targets" have the members that stats.at_most gives. It
exits 0 when it measured, whatever it measured.
"""
import json
import subprocess
import tempfile

PARTS = ["decision", "ledger", "verify"]


def measure(part, build, output, quick):
    """(text for the report, targets, what could not be measured)"""
    program = build / "bench-bin" / part
    file = output / f"figures-{part}.json"
    file.unlink(missing_ok=True)
    if not program.exists():
        return f"{part}: not built", [], [f"{part}: not built"]
    with tempfile.TemporaryDirectory(prefix="bench-disk.", dir=output) as folder:
        words = [str(program), "--json", str(file), "--dir", folder]
        done = subprocess.run(words + (["--quick"] if quick else []), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
    try:
        with open(file, encoding="utf-8") as opened:
            targets = json.load(opened)["targets"]
    except (OSError, ValueError, KeyError):
        targets = None
    if done.returncode != 0 or targets is None:
        said = (done.stderr or done.stdout).strip()[-1000:]
        return f"{part}: failed: {said}", [], [f"{part}: exit code {done.returncode}"]
    return done.stdout.rstrip("\n"), targets, []

"""What a session of measurements may touch: programs, a home, workspaces; and how it runs them."""
import os
import shutil
import subprocess

import view as views


class CannotMeasure(Exception):
    """Something that a figure needs is not there or does not work."""


class World:
    """`product`: folder of bailey and bailey-warden. `programs`: folder of the bench's own.
    `top`: an empty folder that this session owns and that is removed afterwards."""

    def __init__(self, product, programs, top):
        self.top = top
        self.programs = programs
        self.product = product
        self.bailey = os.path.join(product, "bailey")
        self.verifier = os.path.join(product, "bailey-verify")
        home = self.folder("home")
        os.chmod(home, 0o700)
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": home,
                            "LANG": "C.UTF-8", "TMPDIR": self.folder("tmp")}
        for program in (self.bailey, self.verifier):
            if not os.access(program, os.X_OK):
                raise CannotMeasure(f"{os.path.basename(program)} is not built")

    def file_system(self):
        """Type of the file system that the measurement's home lies on."""
        device = os.stat(self.top).st_dev
        name = f"{os.major(device)}:{os.minor(device)}"
        return next((mount.filesystem for mount in views.host_mounts() if mount.device == name),
                    "unknown")

    def folder(self, name):
        path = os.path.join(self.top, name)
        os.makedirs(path, exist_ok=True)
        return path

    def program(self, name):
        path = os.path.join(self.programs, name)
        if not os.access(path, os.X_OK):
            raise CannotMeasure(f"the bench program '{name}' is not built")
        return path

    def place(self, program, folder):
        """Copies one of the bench's programs into a workspace, where a cage can see it."""
        target = os.path.join(folder, program)
        shutil.copy2(self.program(program), target)
        return target

    @staticmethod
    def peer(name):
        path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        if path is None:
            raise CannotMeasure(f"{name} is not installed (tools/install-deps bench)")
        return path

    def run(self, words, cwd=None, text=None, seconds=600, extra=None):
        """Standard output of a command that must succeed."""
        done = self.attempt(words, cwd, text, seconds, extra)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[-2000:]
            raise CannotMeasure(f"'{' '.join(words[:6])}' ended with {done.returncode}: {said}")
        return done.stdout

    def attempt(self, words, cwd=None, text=None, seconds=600, extra=None):
        environment = {**self.environment, **(extra or {})}
        arguments = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
        try:
            return subprocess.run(words, cwd=cwd or self.top, env=environment, text=True,
                                  capture_output=True, timeout=seconds, **arguments)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotMeasure(f"'{words[0]}': {error}") from error

    def governed(self, command, workspace, options=()):
        return [self.bailey, "run", *options, "--workspace", workspace, "--", *command]

    def interleave(self, commands, runs, warmups):
        """{name: ([wall ns], [cpu us])} of commands (name, cwd, words) started in turn."""
        spec = "".join("\t".join([name, cwd, *words]) + "\n" for name, cwd, words in commands)
        text = self.run([self.program("interleave"), str(runs), str(warmups)], text=spec,
                        seconds=3600)
        series = {name: ([], []) for name, _, _ in commands}
        for line in text.splitlines():
            name, wall, cpu = line.split(" ")
            series[name][0].append(int(wall))
            series[name][1].append(int(cpu))
        for name, (walls, _) in series.items():
            if len(walls) != runs:
                raise CannotMeasure(f"{name}: {len(walls)} of {runs} runs")
        return series

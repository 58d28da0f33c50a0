"""W01-W03, W11-W17: reaching anybody, and being reached."""

import os
import socket
import time
import unittest

from bench import IS_ROOT, AttackCase, bare_excuse
from witness import Listener, wait_until


def own_address():
    """An address of this machine that is not loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return ""


class NetworkCase(AttackCase):
    def listen(self):
        listener = Listener()
        port = listener.add("tcp", socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0))[1]
        listener.add("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::", port))
        udp = listener.add("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))[1]
        self.addCleanup(listener.close)
        listener.start()
        return listener, port, udp

    def both(self, row, arguments, without=None, allowed=None):
        """`arguments(bench, listener)`; in the cage nobody may come to the listener."""
        listener, port, udp = self.listen()
        bench = self.bench
        control = bench.call(bench.victim_command(
            row, port=port, udp=udp, token=bench.token, **arguments(bench)))
        self.control_probes(control, without)
        self.assertTrue(listener.heard(bench.token.encode()), "the control was heard")
        bench = self.fresh()
        visits = listener.visits()
        caged = bench.caged(bench.victim_command(
            row, port=port, udp=udp, token=bench.token, **arguments(bench)))
        self.caged_probes(caged, control, allowed)
        self.assertEqual(listener.visits(), visits, "somebody came out of the cage")


class W01_Tcp(NetworkCase):
    def test_no_address_is_reached(self):
        hosts = ["127.0.0.1", "127.8.8.8", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1",
                 "64:ff9b::7f00:1", "2002:7f00:1::1"]
        own = own_address()
        if own:
            hosts.append(own)
        self.both("W01", lambda bench: {"hosts": ",".join(hosts)}, without={
            "tcp-(64:ff9b|2002).*": "not routed here", "tcp-.*:.*": "no IPv6 here"})


class W02_OtherProtocols(NetworkCase):
    def test_no_other_protocol_gets_out(self):
        self.both("W02", lambda bench: {}, without={
            "mptcp|sctp|udplite": "not in this kernel", "icmp": "net.ipv4.ping_group_range",
            "fast-open.*": "net.ipv4.tcp_fastopen is off",
            **(bare_excuse("raw|packet") if IS_ROOT else {"raw|packet": "needs a capability"})})


class W03_Names(NetworkCase):
    def test_no_question_leaves(self):
        self.both("W03", lambda bench: {})

    def test_no_resolver_of_the_system_is_there(self):
        for path in ("/run/nscd/socket", "/var/run/nscd/socket", "/run/systemd/resolve/io.systemd.Resolve",
                     "/run/dbus/system_bus_socket"):
            run = self.bench.caged(["ls", path])
            self.assertNotEqual(run.code, 0, str(run))


class W11_W12_LocalSockets(NetworkCase):
    def places(self, bench):
        """Sockets of the host at every place that a cage may see."""
        listener = Listener()
        self.addCleanup(listener.close)
        inside = os.path.join(bench.workspace, "in.sock")
        outside = os.path.join(bench.outside, "out.sock")
        datagram = os.path.join(bench.workspace, "dg.sock")
        abstract = "@" + bench.token
        listener.add("inside", socket.AF_UNIX, socket.SOCK_STREAM, inside)
        listener.add("outside", socket.AF_UNIX, socket.SOCK_STREAM, outside)
        listener.add("datagram", socket.AF_UNIX, socket.SOCK_DGRAM, datagram)
        listener.add("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\0" + abstract[1:])
        listener.start()
        return listener, {"inside": inside, "outside": outside, "relative": "in.sock",
                          "datagram": datagram, "abstract": abstract, "token": bench.token}

    def check(self, row, options=()):
        listener, arguments = self.places(self.bench)
        control = self.bench.call(self.bench.victim_command(row, **arguments))
        self.control_probes(control)
        self.assertTrue(listener.heard(self.bench.token.encode()))
        bench = self.fresh()
        listener, arguments = self.places(bench)
        caged = bench.caged(bench.victim_command(row, **arguments), options)
        self.caged_probes(caged, control)
        self.assertEqual(listener.visits(), 0, str(caged))

    def test_abstract_ones_are_not_reached(self):
        self.check("W11")

    def test_those_with_a_path_are_not_reached(self):
        self.check("W12")

    def test_also_not_through_a_workspace_that_is_read_only(self):
        self.check("W12", ["--read-only"])


class W13_Vsock(AttackCase):
    def test_the_hypervisor_is_not_reached(self):
        self.attack("W13", lambda bench: {}, without={".*": "no vsock in this kernel"})


class W14_Netlink(AttackCase):
    def test_no_family_opens_but_the_routes_of_ones_own(self):
        self.attack("W14", lambda bench: {}, without={
            "netfilter|xfrm|audit|generic|uevent|sock-diag": "not in this kernel"})


class W16_Listening(AttackCase):
    def served(self, bench, run):
        ready = os.path.join(bench.workspace, "w16.ready")
        wait_until(lambda: os.path.exists(ready) or run.poll() is not None, 10)
        reached = False
        end = time.monotonic() + 1.5
        while not reached and time.monotonic() < end:
            with socket.socket() as guest:
                guest.settimeout(0.5)
                try:
                    guest.connect(("127.0.0.1", self.port))
                    reached = True
                except OSError:
                    time.sleep(0.1)
        out, err = run.communicate(timeout=30)
        return reached, out.decode(), err.decode()

    def test_nobody_can_call_in(self):
        with socket.socket() as finder:
            finder.bind(("127.0.0.1", 0))
            self.port = finder.getsockname()[1]
        command = self.bench.victim_command("W16", listen=self.port)
        reached, out, _ = self.served(self.bench, self.bench.start(command))
        self.assertTrue(reached and "HAPPENED" in out, out)
        bench = self.fresh()
        command = bench.victim_command("W16", listen=self.port)
        reached, out, err = self.served(bench, bench.start(bench.cage_command(command)))
        self.assertFalse(reached, out + err)
        self.assertIn("DENIED", out, err)


class W17_EmptyMeansNothing(AttackCase):
    READ = "version: 1\nname: x\nfiles: {read: ['/usr/**', '/bin/**', '/lib/**', '/lib64/**'], write: ['./**']}\n"
    POLICIES = {
        "empty": "",
        "nothing listed": "version: 1\nname: x\n",
        "no commands": "version: 1\nname: x\ncommands: []\n",
        "no allow": "version: 1\nname: x\ncommands: [{id: a, decision: deny, argv: ['**']}]\n",
        "a network section": "version: 1\nname: x\nnetwork: {}\ncommands: [{id: a, decision: allow, argv: ['**']}]\n",
        "unknown key": "version: 1\nname: x\ncommandz: []\n",
        "duplicate key": "version: 1\nversion: 1\nname: x\n",
        "broken": "version: [1\n",
        "no commands though all may be read": READ + "commands: []\n",
        "no allow though all may be read": READ + "commands: [{id: a, decision: deny, argv: [id]}]\n",
        "another version": "version: 99\nname: x\n",
        "not text": "\x00\x01\x02",
    }

    def test_nothing_runs_under_a_policy_that_does_not_say_so(self):
        for name, text in self.POLICIES.items():
            with self.subTest(policy=name):
                policy = self.bench.write(os.path.join(self.bench.home, "p.yaml"), text)
                mark = os.path.join(self.bench.workspace, "ran")
                if text.startswith(self.READ):
                    run = self.bench.caged(["/usr/bin/touch", mark], ["--policy", policy])
                    self.assertEqual(run.code, 122, str(run))
                run = self.bench.caged(["touch", mark], ["--policy", policy])
                # 127: where nothing may be read, no program can be found.
                self.assertIn(run.code, (120, 121, 122, 127), str(run))
                self.assertFalse(os.path.exists(mark))
        missing = self.bench.caged(["true"], ["--policy", os.path.join(self.bench.home, "none.yaml")])
        self.assertIn(missing.code, (120, 121, 122), str(missing))

    def test_asking_for_a_network_is_refused(self):
        for value in ("host", "all", "", "yes"):
            run = self.bench.caged(["true"], ["--net", value])
            self.assertIn(run.code, (120, 121, 122), str(run))


if __name__ == "__main__":
    unittest.main()

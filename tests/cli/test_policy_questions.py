"""Questions to a policy: explain says what run does, and what it proposes works."""

import json
import os
import re

from bench import AttackCase

POLICY = """version: 1
name: team
extends: builtin:base
levels: {start: 30, max: 40}
commands:
  - {id: git-read, decision: allow, argv: ["git", "--version", "**"]}
  - {id: touch, decision: allow, argv: ["touch", "**"]}
  - {id: no-id, decision: deny, argv: ["id", "**"], reason: nobody needs to know}
  - {id: ask-true, decision: ask, argv: ["true", "**"]}
  - {id: careful, decision: allow, argv: ["false"], level: 40}
limits: {memory: 2G}
approvals: {by: other}
degradations: [limits.polled, namespace.time, namespace.cgroup]
"""

# What an ordinary program's code says of the gate, beside what explain's says.
CODES = {120: 1, 122: 3, 123: 4}


class QuestionCase(AttackCase):
    def setUp(self):
        super().setUp()
        self.rules = self.bench.make("rules")
        self.team = self.policy("team.yaml", POLICY)

    def policy(self, name, text, mode=0o600):
        return self.bench.write(os.path.join(self.rules, name), text, mode)

    def explain(self, *arguments, policy=None):
        return self.bench.bailey("policy", "explain", "--policy", policy or self.team, *arguments)

    def run_with(self, *command, policy=None):
        return self.bench.bailey("run", "--json", "--policy", policy or self.team, "--", *command)


class Commands(QuestionCase):
    def test_explain_and_run_say_the_same(self):
        for command in (["touch", "a"], ["id"], ["id", "-u"], ["true"], ["false"], ["ls"], ["ls", "-l"],
                        ["sh", "-c", "touch b"], ["sh", "-c", "touch b; id"], ["sh", "-c", "touch b; ls"],
                        ["sh", "-c", "touch c > /etc/x"], ["sh", "-c", "eval \"$X\""], ["env", "touch", "d"],
                        ["env", "id"], ["touch"]):
            with self.subTest(command=command):
                explained = self.explain("--", *command)
                ran = self.run_with(*command)
                self.assertEqual(explained.code, CODES.get(ran.code, 0), f"{explained}\n{ran}")
                if ran.code in (122, 123):
                    told = json.loads(self.explain("--json", "--", *command).out)
                    denial = json.loads(ran.err)["denial"]
                    self.assertEqual(told["reasons"][0]["code"], denial["reason_code"])
                    self.assertEqual(told["reasons"][0]["text"], denial["user_message"])

    def test_the_rule_and_its_place_are_named(self):
        run = self.explain("--", "id", "-u")
        self.assertEqual(run.code, 3)
        self.assertIn("denied: id -u\n", run.out)
        self.assertIn("rule 'no-id' denies", run.out)
        self.assertIn(f"at {self.team}:8:5", run.out)
        allowed = self.explain("--", "touch", "x")
        self.assertEqual(allowed.code, 0)
        self.assertIn(f"at {self.team}:7:5", allowed.out)
        self.assertEqual(self.explain("--", "true").code, 4)

    def test_a_parents_rule_has_its_parents_place(self):
        child = self.policy("child.yaml", "version: 1\nextends: team.yaml\n")
        self.assertIn("at team.yaml:8:5", self.explain("--", "id", policy=child).out)

    def test_what_it_proposes_is_enough_and_no_more(self):
        for command, other in ((["ls", "-l", "a b*?\\"], ["ls", "-l", "a bX?\\"]),
                               (["sh", "-c", "ls; touch 'x y'"], ["sh", "-c", "ls -l; touch 'x y'"]),
                               (["sh", "-c", "eval \"$X\""], ["sh", "-c", "eval \"$Y\""])):
            with self.subTest(command=command):
                before = self.explain("--", *command)
                self.assertEqual(before.code, 3, str(before))
                rules = re.findall(r"^ +- (\{id: .*\})$", before.out, re.M)
                self.assertTrue(rules, before.out)
                child = self.policy("child.yaml", "version: 1\nextends: team.yaml\ncommands:\n" +
                                    "".join(f"  - {rule}\n" for rule in rules))
                self.assertEqual(self.bench.bailey("policy", "check", child).code, 0)
                self.assertEqual(self.explain("--", *command, policy=child).code, 0)
                self.assertEqual(self.explain("--", *other, policy=child).code, 3)

    def test_a_level_is_proposed_only_when_no_rule_helps(self):
        run = self.explain("--", "false")
        self.assertEqual(run.code, 3)
        self.assertIn("type: bailey level set 40 --for 1h", run.out)
        self.assertNotIn("commands:", run.out)

    def test_the_parts_of_a_text_are_told_one_by_one(self):
        run = self.explain("--", "sh", "-c", "touch a && id; ls > /etc/x")
        self.assertIn(f"allowed: run touch a  by rule 'touch' at {self.team}:7:5", run.out)
        self.assertIn(f"denied: run id  by rule 'no-id' at {self.team}:8:5", run.out)
        self.assertIn("no_rule: run ls", run.out)
        self.assertIn("denied: write /etc/x", run.out)

    def test_what_is_final_is_left_to_whoever_made_it_so(self):
        self.policy("team.yaml", POLICY + "final: [commands]\n")
        child = self.policy("child.yaml", "version: 1\nextends: team.yaml\n")
        told = json.loads(self.explain("--json", "--", "ls", policy=child).out)
        self.assertEqual([step["where"] for step in told["change"]["steps"]], ["team.yaml"])

    def test_a_projects_policy_counts_and_is_named(self):
        self.bench.make("workspace/.bailey")
        self.bench.write(os.path.join(self.bench.workspace, ".bailey/policy.yaml"),
                         "version: 1\ncommands: [{id: only, decision: allow, argv: [touch, a]}]\n")
        self.assertEqual(self.explain("--", "touch", "a").code, 0)
        told = json.loads(self.explain("--json", "--", "touch", "b").out)
        self.assertEqual(told["decision"], "deny")
        self.assertEqual([step["where"] for step in told["change"]["steps"]], [".bailey/policy.yaml"])

    def test_nothing_is_run_written_or_made(self):
        before = sorted(os.listdir(self.bench.workspace))
        home = os.path.join(self.bench.top, "no-home")
        run = self.bench.bailey("policy", "explain", "--", "touch", "ran", env={"BAILEY_HOME": home})
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("builtin:balanced", run.out)
        self.assertFalse(os.path.exists(home))
        self.assertEqual(sorted(os.listdir(self.bench.workspace)), before)

    def test_a_policy_that_run_refuses_is_refused_here_too(self):
        inside = self.bench.write(os.path.join(self.bench.workspace, "p.yaml"), POLICY, 0o600)
        loose = self.policy("loose.yaml", POLICY, 0o622)
        for path in (inside, loose):
            self.assertEqual(self.run_with("touch", "a", policy=path).code, 120)
            self.assertEqual(self.explain("--", "touch", "a", policy=path).code, 1)

    def test_the_kill_switch_is_told(self):
        self.assertEqual(self.bench.bailey("kill", "on").code, 0)
        run = self.explain("--", "touch", "a")
        self.assertEqual(run.code, 6, str(run))
        self.assertIn("type: bailey kill off", run.out)

    def test_hostile_words_do_not_reach_the_terminal(self):
        run = self.explain("--", "touch", "\x1b[2Jx\n\u202ey\u200b")
        for bad in ("\x1b", "\u202e", "\u200b"):
            self.assertNotIn(bad, run.out)
        ls = self.explain("--", "ls", "\x1b[31m")
        self.assertEqual(ls.code, 3)
        self.assertIn("no rule can name exactly this command", ls.out)

    def test_wrong_questions_are_usage(self):
        for arguments in ([], ["--write", "--", "ls"], ["--file", "x", "--", "ls"],
                          ["--file", "x", "--env", "Y"], ["--env", "A=B"], ["--level", "35", "--", "ls"],
                          ["--file", "x", "--write", "--delete"], ["--profile", "nosuch", "--", "ls"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.bench.bailey("policy", "explain", *arguments).code, 2)


class FilesAndVariables(QuestionCase):
    def test_files(self):
        self.assertEqual(self.explain("--file", "/etc/passwd").code, 0)
        shadow = self.explain("--file", "/etc/shadow")
        self.assertEqual(shadow.code, 3)
        self.assertIn("hidden by '/etc/shadow*'", shadow.out)
        self.assertEqual(self.explain("--file", "new", "--write").code, 0)
        self.assertEqual(self.explain("--file", ".", "--delete").code, 3)
        self.assertEqual(self.explain("--file", ".bailey/policy.yaml", "--write").code, 3)

    ASKING = ("files:\n  hide: [\"./never/**\"]\n  ask:\n"
              "    - {id: shelf, path: \"~/shelf/**\", reason: what the team keeps}\n"
              "    - {id: env, path: .env}\n")

    def test_a_file_that_is_asked_about(self):
        asking = self.policy("asking.yaml", POLICY + self.ASKING)
        told = self.explain("--file", "~/shelf/a", policy=asking)
        self.assertEqual(told.code, 4, str(told))
        self.assertIn("asked: to read", told.out)
        self.assertIn("rule 'shelf' of files.ask: what the team keeps", told.out)
        document = json.loads(self.explain("--json", "--file", "./.env", policy=asking).out)
        self.assertEqual((document["decision"], document["ground"], document["rule"]["id"]), ("ask", "asked", "env"))
        self.assertEqual(self.explain("--file", "~/shelf/a", "--write", policy=asking).code, 3)
        self.assertEqual(self.explain("--file", "./never/a", policy=asking).code, 3)
        cases = self.policy("cases.yaml", "version: 1\npolicy: asking.yaml\ncases:\n"
                            "  - {file: ~/shelf/a, expect: ask, rule: shelf, code: asked}\n"
                            "  - {file: ./.env, expect: ask, rule: env}\n"
                            "  - {file: ./.env, write: true, expect: deny}\n".replace("~/shelf/a", "'~/shelf/a'"))
        self.assertEqual(self.bench.bailey("policy", "test", cases).code, 0)
        wrong = self.policy("wrong.yaml", "version: 1\npolicy: asking.yaml\ncases:\n"
                            "  - {file: ./.env, expect: ask, rule: shelf}\n")
        failed = self.bench.bailey("policy", "test", wrong)
        self.assertEqual(failed.code, 1, str(failed))
        self.assertIn("expected rule 'shelf', got 'env'", failed.out)

    def test_check_tells_of_files_that_nobody_will_be_asked_about(self):
        for text, codes in (
                (self.ASKING, ["policy.ask_unanswered"]),
                (self.ASKING.replace("~/shelf", "./never/x"), ["policy.ask_hidden", "policy.ask_unanswered"]),
                (self.ASKING.replace("~/shelf", self.bench.bailey_home), ["policy.ask_hidden", "policy.ask_unanswered"])):
            with self.subTest(text=text):
                run = self.bench.bailey("policy", "check", "--json", self.policy("c.yaml", POLICY + text))
                found = sorted(each["code"] for each in json.loads(run.out)["findings"])
                self.assertEqual([code for code in found if code.startswith("policy.ask_")], codes, str(run))
        selfish = POLICY.replace("by: other", "by: self") + self.ASKING
        run = self.bench.bailey("policy", "check", "--json", self.policy("c.yaml", selfish))
        self.assertNotIn("policy.ask_", run.out)

    def test_what_was_learned_goes_on_asking(self):
        asking = self.policy("asking.yaml", POLICY + self.ASKING)
        target = os.path.join(self.rules, "learned.yaml")
        run = self.bench.bailey("learn", "--policy", asking, "--to", target, "--", "touch", "a")
        self.assertEqual(run.code, 0, str(run))
        with open(target, encoding="utf-8") as file:
            self.assertIn("path: \"~/shelf/**\"", file.read())
        self.assertEqual(self.bench.bailey("policy", "check", target).code, 0)

    def test_a_link_is_judged_by_what_it_leads_to(self):
        os.symlink("/etc/shadow", os.path.join(self.bench.workspace, "link"))
        run = self.explain("--file", "link")
        self.assertEqual(run.code, 3)
        self.assertIn("which is /etc/shadow", run.out)

    def test_a_proposed_place_works(self):
        told = json.loads(self.explain("--json", "--file", "/srv/bailey-test/x", "--write").out)
        [step] = told["change"]["steps"]
        self.assertEqual((step["what"], step["text"]), ("add_write", "/srv/bailey-test/x"))
        child = self.policy("child.yaml", "version: 1\nextends: team.yaml\nfiles: {write: ['/srv/bailey-test/x']}\n")
        self.assertEqual(self.explain("--file", "/srv/bailey-test/x", "--write", policy=child).code, 0)

    def test_a_sensitive_place_is_called_one(self):
        run = self.explain("--file", "/srv/x/id_rsa")
        self.assertEqual(run.code, 3)
        self.assertIn("think twice", run.out)

    def test_variables(self):
        self.assertEqual(self.explain("--env", "TERM").code, 0)
        self.assertEqual(self.explain("--env", "PATH").code, 0)
        run = self.explain("--env", "GITHUB_TOKEN")
        self.assertEqual(run.code, 3)
        self.assertIn("environment: {pass: [GITHUB_TOKEN]}", run.out)
        self.assertIn("think twice", run.out)


class Cases(QuestionCase):
    def cases(self, text, name="cases.yaml"):
        return self.policy(name, text)

    def ask(self, *arguments):
        return self.bench.bailey("policy", "test", *arguments)

    def test_good_cases_pass_and_one_bad_one_fails_them_all(self):
        good = ("version: 1\npolicy: team.yaml\ncases:\n"
                "  - {run: [touch, a], expect: allow, rule: touch}\n"
                "  - {shell: 'touch a; id', expect: deny, rule: no-id, code: policy.rule}\n"
                "  - {run: ['true'], expect: ask}\n"
                "  - {run: ['false'], expect: deny, code: level.too_low}\n"
                "  - {run: ['false'], level: 40, expect: allow}\n"
                "  - {file: /etc/shadow, expect: deny, code: hidden}\n"
                "  - {env: TERM, expect: allow}\n")
        run = self.ask(self.cases(good))
        self.assertEqual((run.code, run.out), (0, "7 cases: 7 passed, 0 failed\n"), str(run))
        path = self.cases(good + "  - {name: \"bad \\e[2J one\", run: [id], expect: allow}\n")
        run = self.ask(path)
        self.assertEqual(run.code, 1)
        self.assertIn(f"{path}:11:5: FAIL 'bad \\x1b[2J one': expected allow, got deny", run.out)
        self.assertIn("8 cases: 7 passed, 1 failed", run.out)
        told = json.loads(self.ask("--json", path).out)
        self.assertEqual((told["good"], told["passed"], told["failed"]), (False, 7, 1))

    def test_the_wrong_rule_or_code_fails_too(self):
        for more in ("rule: no-id", "code: policy.no_match"):
            run = self.ask(self.cases("version: 1\npolicy: team.yaml\ncases:\n"
                                      f"  - {{run: [touch, a], expect: allow, {more}}}\n"))
            self.assertEqual(run.code, 1, str(run))

    def test_a_test_that_asks_nothing_fails(self):
        for text in ("", "version: 1\npolicy: team.yaml\n", "version: 1\npolicy: team.yaml\ncases: []\n",
                     "version: 1\ncases: [{run: [ls], expect: deny}]\n",
                     "version: 1\npolicy: nosuch.yaml\ncases: [{run: [ls], expect: deny}]\n",
                     "version: 1\npolicy: team.yaml\ncases: [{run: [ls], expect: deny, expect: allow}]\n"):
            self.assertEqual(self.ask(self.cases(text)).code, 1, text)
        self.assertEqual(self.ask("/nonexistent/cases.yaml").code, 1)
        self.assertEqual(self.ask().code, 2)

    def test_a_file_that_cannot_be_read_does_not_hide_behind_good_ones(self):
        good = self.cases("version: 1\npolicy: team.yaml\ncases: [{run: [touch, a], expect: allow}]\n")
        bad = self.cases("version: 1\n", "bad.yaml")
        run = self.ask(good, bad)
        self.assertEqual(run.code, 1)
        self.assertIn("1 file not read", run.out)

    def test_neither_home_nor_kill_switch_nor_project_take_part(self):
        self.assertEqual(self.bench.bailey("kill", "on").code, 0)
        self.bench.make("workspace/.bailey")
        self.bench.write(os.path.join(self.bench.workspace, ".bailey/policy.yaml"), "version: 1\ncommands: []\n")
        path = self.cases("version: 1\npolicy: team.yaml\nworkspace: ../workspace\n"
                          "cases: [{run: [touch, a], expect: allow}]\n")
        self.assertEqual(self.ask(path).code, 0)

    def test_a_program_that_is_not_here_counts_as_the_systems(self):
        path = self.cases("version: 1\npolicy: team.yaml\ncases: [{run: [no-such-tool, x], expect: deny}]\n")
        run = self.ask(path)
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("not on this machine", run.out)

    def test_the_sample_passes(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        sample = os.path.join(root, "samples/policies/team.cases.yaml")
        if not os.path.exists(sample):
            self.skipTest("the samples are not beside these tests")
        run = self.bench.bailey("policy", "test", sample, env={"HOME": "/home/ada"})
        self.assertEqual(run.code, 0, str(run))


class Diff(QuestionCase):
    def diff(self, *arguments):
        return self.bench.bailey("policy", "diff", *arguments)

    def test_what_widens_and_what_narrows(self):
        child = self.policy("child.yaml", "version: 1\nname: team\nextends: team.yaml\nlimits: {memory: 4G}\n"
                                          "commands: [{id: no-touch, decision: deny, argv: [touch, secret]}]\n")
        run = self.diff(self.team, child)
        self.assertEqual(run.code, 1, str(run))
        self.assertIn(f"widens   limits.memory: 2G -> 4G  was at {self.team}:11:18  at {child}:4:18", run.out)
        self.assertIn(f"narrows  commands 'no-touch': added deny [\"touch\",\"secret\"]  at {child}:5:12", run.out)
        told = json.loads(self.diff("--json", child, self.team).out)
        self.assertEqual((told["widens"], told["narrows"], told["incomparable"]), (1, 1, 0))

    def test_the_same_is_the_same(self):
        run = self.diff(self.team, self.policy("copy.yaml", "# a note\n\n" + POLICY))
        self.assertEqual((run.code, run.out), (0, "the two say the same\n"))

    def test_values_of_variables_are_not_told(self):
        a = self.policy("a.yaml", "version: 1\nenvironment: {set: {X: hunter2}}\n")
        b = self.policy("b.yaml", "version: 1\nenvironment: {set: {X: hunter3}}\n")
        for arguments in ((a, b), ("--json", a, b)):
            run = self.diff(*arguments)
            self.assertEqual(run.code, 1)
            self.assertNotIn("hunter", run.out)

    def test_trouble_is_not_a_difference(self):
        bad = self.policy("bad.yaml", "version: 1\nfoo: 1\n")
        for arguments in ((self.team,), (self.team, bad), (bad, self.team), (self.team, "/nonexistent"),
                          (self.team, "builtin:nosuch")):
            self.assertEqual(self.diff(*arguments).code, 2, arguments)


class BadInput(QuestionCase):
    """What is too large, too deep or circular ends at once, and never in a yes."""

    def everywhere(self, path):
        cases = self.policy("cases.yaml", f"version: 1\npolicy: {os.path.basename(path)}\n"
                                          "cases: [{run: [touch, a], expect: allow}]\n")
        return [self.bench.bailey("policy", "check", path), self.explain("--", "touch", "a", policy=path),
                self.bench.bailey("policy", "test", cases), self.bench.bailey("policy", "diff", path, self.team)]

    def test_circles(self):
        path = self.policy("a.yaml", "version: 1\nextends: b.yaml\n")
        self.policy("b.yaml", "version: 1\nextends: a.yaml\n")
        for run in self.everywhere(path):
            self.assertIn(run.code, (1, 2))
            self.assertIn("a.yaml' -> 'b.yaml' -> 'a.yaml'", run.err)

    def test_a_thousand_parents(self):
        for i in range(1000):
            self.policy(f"p{i}.yaml", f"version: 1\nextends: p{i + 1}.yaml\n")
        self.policy("p1000.yaml", POLICY)
        for run in self.everywhere(os.path.join(self.rules, "p0.yaml")):
            self.assertIn(run.code, (1, 2))
            self.assertIn("p8.yaml", run.err)

    def test_ten_megabytes(self):
        path = self.policy("big.yaml", POLICY + "# " + "x" * (10 << 20) + "\n")
        for run in self.everywhere(path):
            self.assertIn(run.code, (1, 2))
            self.assertRegex(run.err, "larger|over|limit|MiB|bytes")
        run = self.bench.bailey("policy", "test", path)
        self.assertEqual(run.code, 1)

    def test_names_with_everything_in_them(self):
        name = "p\x1b[2J\u202e\u2028'\".yaml"
        path = self.policy(name, POLICY)
        for run in (self.explain("--", "id", policy=path), self.bench.bailey("policy", "diff", path, "builtin:strict"),
                    self.bench.bailey("policy", "test", path)):
            for bad in ("\x1b", "\u202e", "\u2028"):
                self.assertNotIn(bad, run.out + run.err)


class Suggestions(QuestionCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.bench.bailey("init").code, 0)
        self.home = self.bench.bailey_home
        self.bench.write(os.path.join(self.home, "policy.yaml"), POLICY, 0o600)

    def denied(self, *command):
        run = self.bench.bailey("run", "--json", "--", *command)
        self.assertEqual(run.code, 122, str(run))
        return json.loads(run.err)

    def suggest(self, *arguments):
        return self.bench.bailey("policy", "suggest", *arguments)

    def kept(self, text):
        """The path of the suggestion, where it belongs; it has to be a good policy."""
        path = self.bench.write(os.path.join(self.home, "suggested.yaml"), text, 0o600)
        check = self.bench.bailey("policy", "check", path)
        self.assertEqual(check.code, 0, f"{check}\n{text}")
        return path

    def test_an_empty_ledger_says_so(self):
        run = self.suggest()
        self.assertEqual((run.code, run.out), (0, ""))
        self.assertIn("nothing to suggest", run.err)
        nowhere = self.bench.bailey("policy", "suggest", env={"BAILEY_HOME": os.path.join(self.bench.top, "none")})
        self.assertEqual(nowhere.code, 1)

    def test_what_was_denied_is_allowed_by_it_and_nothing_else(self):
        for command in (["ls", "-l", "a*b"], ["ls", "-l", "a*b"], ["sh", "-c", "touch a; ls 'x y'"]):
            self.denied(*command)
        run = self.suggest()
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("# denied 2 times", run.out)
        path = self.kept(run.out)
        for command, code in ((["ls", "-l", "a*b"], 0), (["ls", "-l", "aXb"], 3), (["ls"], 3),
                              (["sh", "-c", "touch a; ls 'x y'"], 0), (["id"], 3)):
            self.assertEqual(self.explain("--", *command, policy=path).code, code, command)

    def test_what_the_policy_allows_by_now_is_left_out(self):
        self.denied("ls", "-l")
        self.bench.write(os.path.join(self.home, "policy.yaml"),
                         POLICY.replace("  - {id: touch", "  - {id: ls, decision: allow, argv: [ls, '**']}\n"
                                                          "  - {id: touch"), 0o600)
        run = self.suggest()
        self.assertEqual((run.code, run.out), (0, ""), str(run))
        self.assertIn("would be allowed by the policy of today", run.err)

    def test_a_rule_that_denies_is_told_and_never_undone(self):
        self.denied("id", "-u")
        run = self.suggest()
        self.assertRegex(run.out, r"# at .*policy.yaml:8:5: rule 'no-id' would have to go")
        self.assertEqual(self.explain("--", "id", "-u", policy=self.kept(run.out)).code, 3)

    def test_sensitive_things_are_comments_and_secrets_not_there(self):
        self.denied("ls", "/home/ada/.ssh/id_rsa")
        self.denied("ls", "--token=hunter2hunter2")
        self.denied("sh", "-c", "touch a > /etc/cron.d/x")
        run = self.suggest()
        self.assertNotIn("hunter2", run.out)
        for line in run.out.split("\n"):
            if ".ssh" in line or "cron" in line or '"*"' in line:
                self.assertTrue(line.lstrip().startswith("#"), line)
        path = self.kept(run.out)
        self.assertEqual(self.explain("--", "ls", "/home/ada/.ssh/id_rsa", policy=path).code, 3)
        self.assertEqual(self.explain("--", "ls", "--token=x", policy=path).code, 3)

    def test_hostile_names_stay_words(self):
        evil = "x\n  - {id: evil, decision: allow, argv: [\"**\"]}\n"
        for word in (evil, "\": # }", "\x1b[2J\x07", "\u202eevil", "*", "\\", "{{", "- x", "%", "\t"):
            self.denied("ls", word)
        run = self.suggest()
        for bad in ("\x1b", "\x07", "\u202e"):
            self.assertNotIn(bad, run.out + run.err)
        path = self.kept(run.out)
        self.assertEqual(self.explain("--", "ls", evil, policy=path).code, 0)
        self.assertEqual(self.explain("--", "true-or-not", policy=path).code, 1)
        self.assertEqual(self.explain("--", "cat", "x", policy=path).code, 3)
        self.assertEqual(self.explain("--", "ls", "y", policy=path).code, 3)

    def test_a_changed_file_of_another_denial_is_not_believed(self):
        self.denied("ls", "one")
        self.denied("ls", "two")
        folder = os.path.join(self.home, "denials")
        first, second = sorted(os.listdir(folder))
        os.replace(os.path.join(folder, second), os.path.join(folder, first))
        run = self.suggest()
        self.assertNotIn("argv", run.out)
        self.assertIn("its arguments are not kept", run.out)
        self.kept(run.out)

    def test_the_arguments_lie_nowhere_in_the_open(self):
        self.denied("ls", "planted-secret-1234")
        for folder, _, names in os.walk(self.home):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"planted-secret", file.read(), name)
        self.assertIn("planted-secret-1234", self.suggest().out)  # the control

    def observed(self, *attempts):
        """A run whose program tries to open files: (path, how) each."""
        self.bench.write(os.path.join(self.home, "policy.yaml"),
                         POLICY.replace("  - {id: touch", "  - {id: try, decision: allow, argv: [python3, try.py]}\n"
                                                          "  - {id: touch"), 0o600)
        self.bench.write(os.path.join(self.bench.workspace, "try.py"),
                         f"for path, how in {list(attempts)!r}:\n    try:\n        open(path, how).close()\n"
                         "    except OSError:\n        pass\n")
        run = self.bench.bailey("run", "--json", "--observe", "--", "python3", "try.py")
        self.assertEqual(run.code, 0, str(run))
        return json.loads(run.err)

    HIDDEN, OTHER, FIXED = "/var/lib/dpkg/status", "/var/lib/dpkg/diversions", "/usr/lib/planted"

    def test_files_that_a_cage_refused_can_be_used_with_it_and_no_others(self):
        with open(self.HIDDEN, encoding="utf-8"):
            pass  # the control: outside it can be read
        self.observed((self.HIDDEN, "r"), (self.FIXED, "w"), ("/usr/bin/env", "r"), ("/etc/shadow", "r"))
        run = self.suggest()
        self.assertEqual(run.code, 0, str(run))
        self.assertIn(f'  read:\n    # denied 1 time, last ', run.out)
        self.assertIn(f'\n    - "{self.HIDDEN}"\n', run.out)
        # Who may not write there outside either is refused by the file, and no list helps.
        writer = os.geteuid() == 0
        self.assertEqual(f'\n    - "{self.FIXED}"\n' in run.out, writer, str(run))
        self.assertNotIn("/usr/bin/env", run.out)
        self.assertRegex(run.out, r"# at builtin:base:\d+:\d+: '/etc/shadow\*' would have to go")
        path = self.kept(run.out)
        for words, code in ((["--file", self.HIDDEN], 0), (["--file", self.OTHER], 3), (["--write", "--file", self.FIXED], 0 if writer else 3),
                            (["--write", "--file", self.FIXED + "2"], 3), (["--file", "/etc/shadow"], 3)):
            self.assertEqual(self.explain(*words, policy=path).code, code, words)

    def test_what_the_policy_shows_by_now_is_left_out(self):
        self.observed((self.HIDDEN, "r"))
        with open(os.path.join(self.home, "policy.yaml"), "a", encoding="utf-8") as file:
            file.write("files: {read: ['/var/lib/dpkg/**']}\n")
        run = self.suggest()
        self.assertEqual((run.code, run.out), (0, ""), str(run))
        self.assertIn("would be allowed by the policy of today", run.err)

    def test_paths_of_another_run_are_not_believed(self):
        self.observed((self.HIDDEN, "r"))
        self.observed((self.OTHER, "r"))
        self.assertIn(self.OTHER, self.suggest().out)  # the control
        folder = os.path.join(self.home, "denials")
        first, second = sorted(os.listdir(folder))
        os.replace(os.path.join(folder, second), os.path.join(folder, first))
        run = self.suggest()
        self.assertEqual(run.out, "", str(run))

    def test_the_paths_lie_nowhere_in_the_open(self):
        self.observed(("/var/lib/planted-secret-1234", "r"), (self.HIDDEN, "r"))
        for folder, _, names in os.walk(self.home):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                self.assertNotIn(b"dpkg/status", content, name)
        self.assertIn(self.HIDDEN, self.suggest().out)  # the control

    def test_a_run_that_was_refused_nothing_keeps_nothing(self):
        self.observed(("/usr/bin/env", "r"))
        self.assertFalse(os.path.exists(os.path.join(self.home, "denials")))

    def test_one_session_or_a_time_only(self):
        first = self.denied("ls", "first")["session_id"]
        self.denied("ls", "second")
        run = self.suggest("--session", first)
        self.assertIn('"first"', run.out)
        self.assertNotIn('"second"', run.out)
        self.assertIn('"second"', self.suggest("--since", "1h").out)
        self.assertEqual(self.suggest("--since", "yesterday").code, 2)

    def test_below_final_commands_it_says_whose_they_are(self):
        self.bench.write(os.path.join(self.home, "policy.yaml"), POLICY + "final: true\n", 0o600)
        self.denied("ls", "-l")
        run = self.suggest()
        self.assertIn("# It cannot stand below that policy", run.out)
        self.assertEqual(self.explain("--", "ls", "-l", policy=self.kept(run.out)).code, 3)

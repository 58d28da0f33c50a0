"""Each rule of tools/check fires on the tree that breaks it and on no other."""
import json
import unittest

from fixture import FixtureTree


class Tries(FixtureTree):
    def test_a_value_that_is_half_made_is_found(self):
        for text in ("Result<A> f() { return A{one(), BAILEY_TRY(two())}; }\n",
                     "Status g() {\n  all.push_back({one, // {\n    BAILEY_TRY(two())});\n}\n",
                     "Result<A> h() { return A{{1, 2}, k(BAILEY_TRY(two()), 3)}; }\n"):
            self.write("src/base/half.cc", text)
            self.assert_finds("tries", "leaves from inside a braced list")

    def test_what_is_taken_first_passes(self):
        self.write("src/base/whole.cc",
                   "Result<A> f() { auto x = BAILEY_TRY(two()); return A{one(), x}; }\n"
                   "Result<A> g() { return A{BAILEY_TRY(two()), 1}; }\n"
                   "Result<int> h() { return sum(1, BAILEY_TRY(two())); }\n"
                   "auto k() -> Result<int> { if (a, b) { return 1 + BAILEY_TRY(two()); } }\n"
                   "Status m() { for (int i = 0, j = 1; i < j; ++i) { BAILEY_TRY(n(i, j)); } return {}; }\n")
        self.assert_passes("tries")


class Layers(FixtureTree):
    def test_a_tree_in_order_passes(self):
        self.assert_passes("layers")

    def test_an_include_upwards_is_refused(self):
        self.write("src/base/up.h", '#pragma once\n#include "codec/two.h"\n')
        self.assert_finds("layers", "src/base/up.h:2: layers: base (floor 0) may not include "
                                    "codec (floor 1)")

    def test_an_include_across_the_floor_is_refused(self):
        self.write("src/gate/gate.cc", '#include "effect/effect.h"\n')
        self.assert_finds("layers", "gate (floor 4) may not include effect (floor 4)")

    def test_an_include_downwards_that_is_not_declared_is_refused(self):
        self.write("src/gate/gate.cc", '#include "codec/two.h"\n')
        self.assert_finds("layers", "gate includes codec but does not declare it")

    def test_tests_obey_the_floor_of_their_folder_too(self):
        self.write("src/base/one_test.cc", '#include "codec/two.h"\n')
        self.assert_finds("layers", "src/base/one_test.cc:1")

    def test_nothing_includes_app_and_app_includes_everything(self):
        self.write("src/app/main.cc", '#include "gate/gate.h"\n#include "base/one.h"\n')
        self.assert_passes("layers")
        self.write("src/gate/gate.cc", '#include "app/world.h"\n')
        self.assert_finds("layers", "nothing includes app/")

    def test_the_cage_sees_only_what_its_wall_allows(self):
        self.write("src/platform/cage/init.cc", '#include "base/one.h"\n#include "filter.inc"\n'
                                                '#include "effect/process/plan.h"\n')
        self.assert_passes("layers")
        self.write("src/platform/cage/init.cc", '#include "effect/effects.h"\n')
        self.assert_finds("layers", "src/platform/cage may include only")

    def test_the_verifier_is_the_lowest_floors_only(self):
        self.write("include/bailey/receipt.h", '#include "codec/two.h"\n')
        self.assert_passes("layers")
        self.write("include/bailey/receipt.h", '#include "gate/gate.h"\n')
        self.assert_finds("layers", "the offline verifier is floors 0-2 only")

    def test_the_verifiers_headers_count_as_merkles(self):
        self.write("src/merkle/verify.cc", '#include "bailey/receipt.h"\n')
        self.write("src/platform/verify.cc", '#include "bailey/receipt.h"\n')
        self.assert_passes("layers")
        self.write("src/codec/verify.cc", '#include "bailey/receipt.h"\n')
        self.assert_finds("layers", "codec (floor 1) may not include merkle (floor 2)")

    def test_a_relative_include_is_refused(self):
        self.write("src/codec/two.cc", '#include "../gate/gate.h"\n')
        self.assert_finds("layers", "includes are written from src/")
        self.write("src/codec/two.cc", '#include "two.h"\n')
        self.assert_finds("layers", "includes are written from src/")

    def test_a_library_is_seen_by_its_own_folder_only(self):
        self.write("src/crypto/hash.cc", "#include <openssl/sha.h>\n")
        self.assert_passes("layers")
        self.write("src/gate/gate.cc", "#include <openssl/sha.h>\n")
        self.assert_finds("layers", "<openssl/sha.h> is seen only by src/crypto/")

    def test_the_warden_digests_and_does_nothing_else_with_openssl(self):
        self.write("src/platform/warden/digest.h", "#include <openssl/sha.h>\n")
        self.assert_passes("layers")
        self.write("src/platform/warden/digest.h", "#include <openssl/evp.h>\n")
        self.assert_finds("layers", "<openssl/evp.h> is seen only by src/crypto/")

    def test_a_folder_that_is_no_layer_is_refused(self):
        self.write("src/extra/extra.cc", '#include "base/one.h"\n')
        self.assert_finds("layers", "src/extra is no layer")

    def test_without_floors_nothing_is_approved(self):
        self.write("src/CMakeLists.txt", "# nothing\n")
        code, output = self.check("layers")
        self.assertEqual(code, 2, output)


class Format(FixtureTree):
    def test_a_badly_formatted_file_is_found_and_mended(self):
        self.assert_passes("format")
        self.write("src/base/one.cc", '#include "base/one.h"\n\nint one() {\n   return 1; }\n')
        self.assert_finds("format", "src/base/one.cc:3: not formatted")
        code, output = self.check("format", fix=True)
        self.assertEqual(code, 0, output)
        self.assert_passes("format")


class Headers(FixtureTree):
    def test_a_header_that_leans_on_its_includer_is_found(self):
        self.assert_passes("headers")
        self.write("src/base/leans.h", "#pragma once\nstd::size_t size();\n")
        self.assert_finds("headers", "src/base/leans.h:1: headers: does not compile alone")

    def test_a_pass_is_remembered_until_an_include_changes(self):
        self.assert_passes("headers")
        self.assertIn("2 headers, 2 known", self.check("headers")[1])
        self.write("src/base/one.h", "#pragma once\n\nint one()\n")
        code, output = self.check("headers")
        self.assertEqual(code, 1, output)
        self.assertIn("src/codec/two.h:1: headers:", output)
        self.assertIn("src/base/one.h:1: headers:", output)


class Tidy(FixtureTree):
    def configure(self):
        self.build.mkdir(exist_ok=True)
        (self.build / "compile_commands.json").write_text(json.dumps([{
            "directory": str(self.build), "file": str(self.tree / "src/base/one.cc"),
            "command": f"g++-12 -std=c++23 -I{self.tree}/src -o one.o -c "
                       f"{self.tree}/src/base/one.cc"}]))
        return self.build

    def test_a_finding_is_an_error(self):
        build = self.configure()
        self.assert_passes("tidy", build=build)
        self.write("src/base/one.cc", '#include "base/one.h"\n\nint one() {\n  int x;\n'
                                      "  return x;\n}\n")
        code, output = self.check("tidy", build=build)
        self.assertEqual(code, 1, output)
        self.assertIn("cppcoreguidelines-init-variables", output)

    def test_a_name_against_the_house_is_an_error(self):
        self.write("src/base/one.cc", '#include "base/one.h"\n\nint one() {\n'
                                      "  const int BadName = 1;\n  return BadName;\n}\n")
        self.assert_finds("tidy", "invalid case style", build=self.configure())

    def test_source_that_does_not_compile_is_an_error(self):
        self.write("src/base/one.cc", "int one() { return }\n")
        code, output = self.check("tidy", build=self.configure())
        self.assertEqual(code, 1, output)

    def test_without_a_build_folder_nothing_is_approved(self):
        self.assertEqual(self.check("tidy")[0], 2)
        self.assertEqual(self.check("tidy", build=self.build)[0], 2)


class Documents(FixtureTree):
    def test_links_that_lead_somewhere_pass(self):
        self.write("docs/b.md", "# The second part\n")
        self.write("docs/a.md", "# A\n[b](b.md#the-second-part) [top](../src/base/one.h) [me](#a)\n"
                                "`src/base/one.h` [web](https://example.org/)\n"
                                "```\n[not](a-link.md)\n```\n")
        self.assert_passes("documents")

    def test_a_dead_link_is_found(self):
        self.write("docs/a.md", "# A\n\n[gone](gone.md)\n")
        self.assert_finds("documents", "docs/a.md:3: documents: link to gone.md")

    def test_a_dead_heading_is_found(self):
        self.write("docs/a.md", "# A\n[gone](#gone)\n")
        self.assert_finds("documents", "no such heading")

    def test_a_path_that_is_not_there_is_found(self):
        self.write("docs/a.md", "See `src/base/gone.h`.\n")
        self.assert_finds("documents", "`src/base/gone.h` is not there")


class Manual(FixtureTree):
    """Against a program that only knows its help."""

    HELP = ('case "$*" in\n"run --help") echo "  --memory SIZE  most memory" ;;\n'
            '"log show --help") echo "Usage: bailey log show" ;;\n'
            '"--help") printf "Commands:\\n  run       Run it.\\n  log show  Show it.\\n" ;;\n'
            "*) exit 2 ;;\nesac\n")

    def setUp(self):
        super().setUp()
        program = self.build / "bin/bailey"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n" + self.HELP)
        program.chmod(0o755)

    def test_a_manual_that_says_all_passes(self):
        self.write("README.md", "Use `bailey run --memory 1G` and `bailey log show`.\n"
                                "```\nbailey run -- make\nbailey log show 1\n```\n")
        self.assert_passes("manual", build=self.build)

    def test_a_command_without_words_in_the_manual_is_found(self):
        self.write("README.md", "`bailey run --memory 1G`\n")
        self.assert_finds("manual", "says nothing of `bailey log show`", build=self.build)

    def test_an_option_without_words_in_the_manual_is_found(self):
        self.write("README.md", "`bailey run`, `bailey log show`, --memory-more\n")
        self.assert_finds("manual", "says nothing of --memory (bailey run)", build=self.build)

    def test_an_example_of_a_command_that_is_not_there_is_found(self):
        self.write("README.md", "`bailey run --memory 1G`, `bailey log show`\n"
                                "```\nbailey log burn\n```\n")
        self.assert_finds("manual", "README.md:3: manual: there is no `bailey log burn`",
                          build=self.build)

    def test_without_manual_or_program_nothing_is_approved(self):
        self.assert_finds("manual", "neither README.md nor docs/manual", build=self.build)
        (self.build / "bin/bailey").unlink()
        self.assertEqual(self.check("manual", build=self.build)[0], 2)


class Text(FixtureTree):
    def test_leftovers_are_found(self):
        self.assert_passes("text")
        self.write("src/base/a.h", "// TO" "DO: later\n")
        self.assert_finds("text", "src/base/a.h:1: text: finish it")

    def test_a_pattern_of_mkdtemp_is_no_leftover(self):
        self.write("src/base/a.h", '// "/tmp/x-XXXXXX"\n')
        self.assert_passes("text")

    def test_blanks_at_the_end_of_a_line_are_found(self):
        self.write("src/base/a.h", "int a(); \n")
        self.assert_finds("text", "src/base/a.h:1: text: blanks")

    def test_a_path_of_this_machine_is_found(self):
        self.write("docs/a.md", f"cd {self.tree}/docs\n")
        self.assert_finds("text", "docs/a.md:1: text: a path of this machine")

    def test_a_file_that_is_two_things_is_found(self):
        self.write("src/base/long.h", "int a();\n" * 800)
        self.assert_passes("text")
        self.write("src/base/long.h", "int a();\n" * 801)
        self.assert_finds("text", "801 lines")

    def test_a_name_that_says_nothing_is_found(self):
        self.write("src/base/utils.h", "int a();\n")
        self.assert_finds("text", "'utils.h' says nothing")


class Scripts(FixtureTree):
    def test_scripts_must_parse_and_run(self):
        self.write("tools/good", "#!/bin/sh\ntrue\n", 0o755)
        self.assert_passes("scripts")
        self.write("tools/bad", "#!/bin/sh\nif true; then\n", 0o755)
        self.assert_finds("scripts", "tools/bad:1: scripts:")

    def test_python_that_does_not_parse_is_found(self):
        self.write("tools/bad.py", "def f(:\n")
        self.assert_finds("scripts", "tools/bad.py:1: scripts:")

    def test_a_script_that_cannot_be_executed_is_found(self):
        self.write("tools/bad", "#!/bin/sh\ntrue\n", 0o644)
        self.assert_finds("scripts", "cannot be executed")


class Parts(FixtureTree):
    def test_an_unknown_part_is_a_usage_error(self):
        self.assertEqual(self.check("no-such-part")[0], 2)


if __name__ == "__main__":
    unittest.main()

"""The program as a file: hardened as the build says, and small."""
import re
import subprocess
import unittest

from server import FAIRLEAD

MIB = 1 << 20


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, FAIRLEAD], check=True,
                          capture_output=True, text=True).stdout


class Program(unittest.TestCase):
    def as_released(self):
        symbols = readelf("--dyn-syms")
        if "__asan_init" in symbols:
            self.skipTest("a sanitizer's program is larger, and guarded by itself")
        return symbols

    def test_it_loads_anywhere_and_its_tables_are_read_only_from_the_start(self):
        self.assertRegex(readelf("-h"), r"Type: +DYN")
        self.assertRegex(readelf("-d"), r"FLAGS_1\).*\bNOW\b.*\bPIE\b")
        segments = readelf("-l")
        self.assertIn("GNU_RELRO", segments)
        self.assertEqual(re.search(r"GNU_STACK +(?:0x\S+ +){5}(.{3})", segments)[1], "RW ",
                         "the stack runs no code")
        self.assertNotRegex(segments, r"LOAD .* RWE ", "what is written runs no code")

    def test_overruns_end_it(self):
        symbols = self.as_released()
        self.assertIn("__stack_chk_fail", symbols)
        fortified = set(re.findall(r"\b__(\w+)_chk@", symbols))
        self.assertLessEqual({"memcpy", "vsnprintf"}, fortified)

    def test_it_stays_small(self):
        self.as_released()
        # Without the tables of a debugger, which are no part of what is installed.
        loaded = sum(int(size, 16) for size in
                     re.findall(r"LOAD +(?:0x\S+ +){3}(0x\S+)", readelf("-l")))
        self.assertGreater(loaded, MIB // 2)
        self.assertLess(loaded, 15 * MIB)


if __name__ == "__main__":
    unittest.main()

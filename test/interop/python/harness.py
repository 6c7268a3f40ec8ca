"""Runs tests of one client and tells of each as one line of JSON. Settings come from the environment.

A test is a function of one argument, its world; its name is its docstring. Tests of one run share a server, and each
has a bucket of its own, whose name the world has.
"""
import json
import logging
import os
import re
import sys
import tempfile
import traceback

ENDPOINT = os.environ['OSS_ENDPOINT']
REGION = os.environ['OSS_REGION']
KEY_ID = os.environ['OSS_ACCESS_KEY_ID']
KEY_SECRET = os.environ['OSS_ACCESS_KEY_SECRET']
SIGNATURE = os.environ['OSS_SIGNATURE_VERSION']

MIB = 1024 * 1024
PART = 100 * 1024
AWKWARD_KEYS = [
    'plain', 'dir/a b+c', 'dir/%2F?&=#', 'dir/中文 ü', '😀', '../up', './here', 'a//b/', "quote'\"<>&",
    'tab\there', 'line\nbreak', 'vertical\x0bform\x0c', 'x' * 1023,
]

# A refusal that a test asks for is no news.
logging.disable(logging.CRITICAL)


def equal(actual, expected):
    assert actual == expected, f'{actual!r} is not {expected!r}'


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def random_file(folder, size, name='local.dat'):
    path = os.path.join(folder, name)
    with open(path, 'wb') as file:
        file.write(os.urandom(size))
    return path


def run(tests, make_world):
    """`make_world(name, folder)` makes what a test gets; `world.close()` tidies up after it."""
    chosen = os.environ.get('INTEROP_ONLY')
    number = 0
    for test in tests:
        name = test.__doc__.strip()
        number += 1
        if chosen and not re.search(chosen, name):
            continue
        detail = None
        try:
            with tempfile.TemporaryDirectory() as folder:
                world = make_world(f'python-{SIGNATURE}-{number:03}', folder)
                try:
                    test(world)
                finally:
                    world.close()
        except Exception:
            detail = traceback.format_exc()
        print(json.dumps({'test': name, 'detail': detail}), flush=True)
    sys.stdout.flush()

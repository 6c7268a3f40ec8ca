"""Runs a command in a terminal of its own and tells what it wrote, and when: a JSON array [seconds, text] per line.

in-terminal.py COLUMNS ROWS PRESS_AT COMMAND...   PRESS_AT: seconds after which Ctrl-C is pressed, or - for never
"""
import codecs
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

columns, rows = int(sys.argv[1]), int(sys.argv[2])
press_at = None if sys.argv[3] == '-' else float(sys.argv[3])
command = sys.argv[4:]

child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
began = time.monotonic()
decoder = codecs.getincrementaldecoder('utf-8')('replace')
while True:
    readable, _, _ = select.select([terminal], [], [], 0.05)
    now = time.monotonic() - began
    if press_at is not None and now >= press_at:
        os.write(terminal, b'\x03')
        press_at = None
    if not readable:
        continue
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    if not chunk:
        break
    print(json.dumps([round(now, 3), decoder.decode(chunk)]), flush=True)
_, status = os.waitpid(child, 0)
print(json.dumps([round(time.monotonic() - began, 3), None, os.waitstatus_to_exitcode(status)]), flush=True)

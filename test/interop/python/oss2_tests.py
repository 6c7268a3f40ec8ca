"""All tests of oss2."""
import oss2_buckets
import oss2_objects
import oss2_uploads
from harness import run
from oss2_world import World

run(oss2_buckets.TESTS + oss2_objects.TESTS + oss2_uploads.TESTS, World)

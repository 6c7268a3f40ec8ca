"""All tests of alibabacloud-oss-v2."""
import v2_buckets
import v2_objects
import v2_uploads
from harness import run
from v2_world import World

run(v2_buckets.TESTS + v2_objects.TESTS + v2_uploads.TESTS, World)

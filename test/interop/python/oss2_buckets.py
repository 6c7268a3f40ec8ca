"""What oss2 does with buckets and with the service."""
import datetime
import time
import urllib.request
import urllib.error

import oss2
from oss2.models import (
    AbortMultipartUpload, BucketLifecycle, BucketCors, CorsRule, LifecycleExpiration, LifecycleRule, Tagging, TaggingRule,
)

from harness import AWKWARD_KEYS, ENDPOINT, equal
from oss2_world import empty, refused


def create_and_delete(world):
    """bucket: create, create again, delete, delete again"""
    bucket = world.another(world.name + '-x')
    equal(bucket.create_bucket().status, 200)
    equal(bucket.create_bucket().status, 200)
    equal(bucket.delete_bucket().status, 204)
    refused(bucket.delete_bucket, status=404, code='NoSuchBucket', BucketName=world.name + '-x')


def bad_names(world):
    """bucket: names that are none"""
    for name in ['ab', '-abc', 'abc-', 'a_b', 'A-B-C', 'x' * 64]:
        try:
            world.another(name).create_bucket()
        except (oss2.exceptions.ClientError, oss2.exceptions.ServerError):
            continue
        raise AssertionError(f'{name} was taken for a name')


def not_empty(world):
    """bucket: one with an object or with an unfinished upload is not deleted"""
    world.bucket.put_object('k', b'x')
    refused(world.bucket.delete_bucket, status=409, code='BucketNotEmpty')
    world.bucket.delete_object('k')
    upload_id = world.bucket.init_multipart_upload('k').upload_id
    refused(world.bucket.delete_bucket, status=409, code='BucketNotEmpty')
    world.bucket.abort_multipart_upload('k', upload_id)


def list_buckets(world):
    """service: list buckets by prefix, marker and page"""
    names = [f'{world.name}-list-{number}' for number in range(5)]
    for name in names:
        world.another(name).create_bucket()
    found = [each.name for each in oss2.BucketIterator(world.service, prefix=f'{world.name}-list-', max_keys=2)]
    equal(found, names)
    page = world.service.list_buckets(prefix=f'{world.name}-list-', marker=names[1], max_keys=2)
    equal([each.name for each in page.buckets], names[2:4])
    assert page.is_truncated
    assert abs(page.buckets[0].creation_date - time.time()) < 600
    for name in names:
        world.another(name).delete_bucket()


def info(world):
    """bucket: info, location and stat"""
    told = world.bucket.get_bucket_info()
    equal((told.name, told.storage_class, told.acl.grant), (world.name, 'Standard', 'private'))
    assert told.extranet_endpoint in ENDPOINT
    equal(world.bucket.get_bucket_location().location, told.location)
    stat = world.bucket.get_bucket_stat()
    equal((stat.object_count, stat.storage_size_in_bytes, stat.multi_part_upload_count), (0, 0, 0))
    world.bucket.put_object('a', b'12345')
    world.bucket.put_object('b', b'1234567')
    world.bucket.init_multipart_upload('c')
    stat = world.bucket.get_bucket_stat()
    equal((stat.object_count, stat.storage_size_in_bytes, stat.multi_part_upload_count), (2, 12, 1))


def acl(world):
    """bucket: ACLs, and what they let a stranger do"""
    anonymous = world.another(world.name, oss2.AnonymousAuth())
    world.bucket.put_object('k', b'public')
    equal(world.bucket.get_bucket_acl().acl, 'private')
    refused(lambda: anonymous.get_object('k'), status=403, code='AccessDenied')
    for wanted in ['public-read', 'public-read-write', 'private', 'public-read']:
        world.bucket.put_bucket_acl(wanted)
        equal(world.bucket.get_bucket_acl().acl, wanted)
    equal(anonymous.get_object('k').read(), b'public')
    refused(lambda: anonymous.put_object('k', b'x'), status=403, code='AccessDenied')
    world.bucket.put_bucket_acl('public-read-write')
    anonymous.put_object('k', b'theirs')
    equal(world.bucket.get_object('k').read(), b'theirs')
    refused(lambda: world.bucket.put_bucket_acl('nonsense'), status=400, code='InvalidArgument')


def tags(world):
    """bucket: tags"""
    rule = TaggingRule()
    rule.add('team', 'storage')
    rule.add('中 +', 'a b')
    equal(world.bucket.put_bucket_tagging(Tagging(rule)).status, 200)
    equal(world.bucket.get_bucket_tagging().tag_set.tagging_rule, rule.tagging_rule)
    equal(world.bucket.delete_bucket_tagging().status, 204)
    equal(world.bucket.get_bucket_tagging().tag_set.tagging_rule, {})


def cors(world):
    """bucket: CORS rules and what a browser is answered"""
    refused(world.bucket.get_bucket_cors, status=404, code='NoSuchCORSConfiguration')
    rule = CorsRule(
        allowed_origins=['https://*.example.com'],
        allowed_methods=['PUT', 'GET'],
        allowed_headers=['*'],
        expose_headers=['ETag', 'x-oss-hash-crc64ecma'],
        max_age_seconds=600,
    )
    equal(world.bucket.put_bucket_cors(BucketCors([rule])).status, 200)
    found = world.bucket.get_bucket_cors().rules[0]
    equal(found.allowed_origins, rule.allowed_origins)
    equal((found.allowed_methods, found.max_age_seconds), (rule.allowed_methods, 600))

    def preflight(origin, method):
        request = urllib.request.Request(f'{ENDPOINT}/{world.name}/k', method='OPTIONS', headers={
            'Origin': origin, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'x-oss-meta-a',
        })
        with urllib.request.urlopen(request) as answer:
            return answer.headers

    headers = preflight('https://a.example.com', 'PUT')
    equal(headers['access-control-allow-origin'], 'https://a.example.com')
    equal(headers['access-control-max-age'], '600')
    for origin, method in [('https://example.org', 'PUT'), ('https://a.example.com', 'DELETE')]:
        try:
            preflight(origin, method)
        except urllib.error.HTTPError as error:
            equal(error.code, 403)
        else:
            raise AssertionError(f'{method} from {origin} was let in')
    equal(world.bucket.delete_bucket_cors().status, 204)
    refused(world.bucket.get_bucket_cors, status=404, code='NoSuchCORSConfiguration')


def lifecycle(world):
    """bucket: lifecycle rules"""
    refused(world.bucket.get_bucket_lifecycle, status=404, code='NoSuchLifecycle')
    rules = [
        LifecycleRule('days', 'logs/', expiration=LifecycleExpiration(days=30)),
        LifecycleRule(
            'date', 'old/', status=LifecycleRule.DISABLED,
            expiration=LifecycleExpiration(created_before_date=datetime.date(2020, 12, 25)),
        ),
        LifecycleRule('uploads', 'up/', abort_multipart_upload=AbortMultipartUpload(days=7)),
    ]
    equal(world.bucket.put_bucket_lifecycle(BucketLifecycle(rules)).status, 200)
    found = world.bucket.get_bucket_lifecycle().rules
    equal([rule.id for rule in found], ['days', 'date', 'uploads'])
    equal(found[0].expiration.days, 30)
    equal(found[1].expiration.created_before_date, datetime.date(2020, 12, 25))
    equal(found[1].status, LifecycleRule.DISABLED)
    equal(found[2].abort_multipart_upload.days, 7)
    equal(world.bucket.delete_bucket_lifecycle().status, 204)
    refused(world.bucket.get_bucket_lifecycle, status=404, code='NoSuchLifecycle')


def listing(world):
    """bucket: list objects, both versions, with awkward keys, prefixes, delimiters and small pages"""
    for key in AWKWARD_KEYS:
        world.bucket.put_object(key, key.encode())
    expected = sorted(AWKWARD_KEYS, key=lambda key: key.encode())
    for size in [1, 3, 1000]:
        equal([each.key for each in oss2.ObjectIterator(world.bucket, max_keys=size)], expected)
        equal([each.key for each in oss2.ObjectIteratorV2(world.bucket, max_keys=size)], expected)
    found = list(oss2.ObjectIterator(world.bucket, delimiter='/', max_keys=2))
    equal([each.key for each in found if each.is_prefix()], ['../', './', 'a/', 'dir/'])
    page = world.bucket.list_objects_v2(prefix='dir/', delimiter='/', start_after='dir/%2F?&=#')
    equal([each.key for each in page.object_list], ['dir/a b+c', 'dir/中文 ü'])
    for key in AWKWARD_KEYS:
        equal(world.bucket.get_object(key).read(), key.encode())


def deleted_with_all(world):
    """bucket: empty one helper's way, objects and uploads"""
    bucket = world.another(world.name + '-y')
    bucket.create_bucket()
    for number in range(12):
        bucket.put_object(f'k/{number}', b'x')
        bucket.init_multipart_upload(f'u/{number}')
    empty(bucket)
    refused(bucket.get_bucket_info, status=404, code='NoSuchBucket')


def versioning(world):
    """bucket: one that never had versions says so"""
    equal(world.bucket.get_bucket_versioning().status, None)
    world.bucket.put_object('k', b'x')
    equal(world.bucket.list_object_versions().delete_marker, [])


TESTS = [
    create_and_delete, bad_names, not_empty, list_buckets, info, acl, tags, cors, lifecycle, listing, deleted_with_all,
    versioning,
]

"""What alibabacloud-oss-v2 does with buckets and with the service."""
import alibabacloud_oss_v2 as oss

from harness import ENDPOINT, equal
from v2_world import KEYS, refused, stranger


def create_and_delete(world):
    """bucket: create, is there, delete"""
    name = world.name + '-x'
    assert not world.client.is_bucket_exist(name)
    equal(world.client.put_bucket(oss.PutBucketRequest(bucket=name, acl='public-read')).status_code, 200)
    assert world.client.is_bucket_exist(name)
    equal(world.client.get_bucket_acl(oss.GetBucketAclRequest(bucket=name)).acl, 'public-read')
    equal(world.client.delete_bucket(oss.DeleteBucketRequest(bucket=name)).status_code, 204)
    refused(
        lambda: world.client.delete_bucket(oss.DeleteBucketRequest(bucket=name)), status=404, code='NoSuchBucket'
    )


def list_buckets(world):
    """service: list buckets by pages"""
    names = [f'{world.name}-list-{number}' for number in range(5)]
    for name in names:
        world.client.put_bucket(oss.PutBucketRequest(bucket=name))
    pages = world.client.list_buckets_paginator(limit=2).iter_page(
        oss.ListBucketsRequest(prefix=f'{world.name}-list-')
    )
    equal([bucket.name for page in pages for bucket in page.buckets], names)
    for name in names:
        world.client.delete_bucket(oss.DeleteBucketRequest(bucket=name))


def info(world):
    """bucket: info, location and stat"""
    told = world.client.get_bucket_info(oss.GetBucketInfoRequest(bucket=world.name)).bucket_info
    equal((told.name, told.storage_class, told.acl), (world.name, 'Standard', 'private'))
    assert told.extranet_endpoint in ENDPOINT
    location = world.client.get_bucket_location(oss.GetBucketLocationRequest(bucket=world.name)).location
    equal(location, told.location)
    world.put('a', b'12345')
    world.client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=world.name, key='b'))
    stat = world.client.get_bucket_stat(oss.GetBucketStatRequest(bucket=world.name))
    equal((stat.object_count, stat.storage, stat.multi_part_upload_count), (1, 5, 1))


def acl(world):
    """bucket: ACLs, and what they let a stranger do"""
    world.put('k', b'x')
    anonymous = stranger()
    ask = lambda: anonymous.get_object(oss.GetObjectRequest(bucket=world.name, key='k'))
    refused(ask, status=403, code='AccessDenied')
    for wanted in ['public-read-write', 'private', 'public-read']:
        world.client.put_bucket_acl(oss.PutBucketAclRequest(bucket=world.name, acl=wanted))
        equal(world.client.get_bucket_acl(oss.GetBucketAclRequest(bucket=world.name)).acl, wanted)
    equal(ask().body.read(), b'x')
    put = lambda: anonymous.put_object(oss.PutObjectRequest(bucket=world.name, key='k', body=b'y'))
    refused(put, status=403, code='AccessDenied')


def tags(world):
    """bucket: tags"""
    tagging = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key='team', value='storage'), oss.Tag(key='中', value='')]))
    world.client.put_bucket_tags(oss.PutBucketTagsRequest(bucket=world.name, tagging=tagging))
    found = world.client.get_bucket_tags(oss.GetBucketTagsRequest(bucket=world.name)).tagging.tag_set.tags
    equal([(tag.key, tag.value or '') for tag in found], [('team', 'storage'), ('中', '')])
    world.client.delete_bucket_tags(oss.DeleteBucketTagsRequest(bucket=world.name))


def cors(world):
    """bucket: CORS rules and the preflight"""
    rule = oss.CORSRule(
        allowed_origins=['https://example.com'], allowed_methods=['PUT'], allowed_headers=['*'],
        expose_headers=['ETag'], max_age_seconds=60,
    )
    configuration = oss.CORSConfiguration(cors_rules=[rule], response_vary=True)
    world.client.put_bucket_cors(oss.PutBucketCorsRequest(bucket=world.name, cors_configuration=configuration))
    found = world.client.get_bucket_cors(oss.GetBucketCorsRequest(bucket=world.name)).cors_configuration
    equal(found.cors_rules[0].allowed_origins, ['https://example.com'])
    equal((found.cors_rules[0].max_age_seconds, found.response_vary), (60, True))
    ask = lambda origin: world.client.option_object(oss.OptionObjectRequest(
        bucket=world.name, key='k', origin=origin, access_control_request_method='PUT',
        access_control_request_headers='x-oss-meta-a',
    ))
    equal(ask('https://example.com').access_control_allow_origin, 'https://example.com')
    refused(lambda: ask('https://example.org'), status=403, code='AccessForbidden')
    world.client.delete_bucket_cors(oss.DeleteBucketCorsRequest(bucket=world.name))
    refused(
        lambda: world.client.get_bucket_cors(oss.GetBucketCorsRequest(bucket=world.name)),
        status=404, code='NoSuchCORSConfiguration',
    )


def lifecycle(world):
    """bucket: lifecycle rules"""
    configuration = oss.LifecycleConfiguration(rules=[
        oss.LifecycleRule(id='a', prefix='logs/', status='Enabled', expiration=oss.LifecycleRuleExpiration(days=30)),
        oss.LifecycleRule(
            id='b', prefix='up/', status='Enabled',
            abort_multipart_upload=oss.LifecycleRuleAbortMultipartUpload(days=7),
        ),
    ])
    world.client.put_bucket_lifecycle(
        oss.PutBucketLifecycleRequest(bucket=world.name, lifecycle_configuration=configuration)
    )
    ask = lambda: world.client.get_bucket_lifecycle(oss.GetBucketLifecycleRequest(bucket=world.name))
    found = ask().lifecycle_configuration.rules
    equal([rule.id for rule in found], ['a', 'b'])
    equal((found[0].expiration.days, found[1].abort_multipart_upload.days), (30, 7))
    world.client.delete_bucket_lifecycle(oss.DeleteBucketLifecycleRequest(bucket=world.name))
    refused(ask, status=404, code='NoSuchLifecycle')


def listing(world):
    """bucket: list objects, both versions, with awkward keys, prefixes, delimiters and small pages"""
    for key in KEYS:
        world.put(key, key.encode())
    expected = sorted(KEYS, key=lambda key: key.encode())
    for size in [1, 3, 1000]:
        equal(world.keys(max_keys=size), expected)
        pages = world.client.list_objects_paginator(limit=size).iter_page(oss.ListObjectsRequest(bucket=world.name))
        equal([each.key for page in pages for each in page.contents or []], expected)
    page = world.client.list_objects_v2(oss.ListObjectsV2Request(
        bucket=world.name, prefix='dir/', delimiter='/', start_after='dir/%2F?&=#', fetch_owner=True,
    ))
    equal([each.key for each in page.contents], ['dir/a b+c', 'dir/中文 ü'])
    assert page.contents[0].owner.id
    page = world.client.list_objects(oss.ListObjectsRequest(bucket=world.name, delimiter='/'))
    equal([each.prefix for each in page.common_prefixes], ['a/', 'dir/'])
    for key in KEYS:
        equal(world.content(key), key.encode())


def versioning(world):
    """bucket: one that never had versions says so"""
    asked = world.client.get_bucket_versioning(oss.GetBucketVersioningRequest(bucket=world.name))
    equal(asked.version_status, None)
    world.put('k', b'x')
    equal(world.client.list_object_versions(oss.ListObjectVersionsRequest(bucket=world.name)).status_code, 200)


TESTS = [create_and_delete, list_buckets, info, acl, tags, cors, lifecycle, listing, versioning]

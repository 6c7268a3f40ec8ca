// One upload with a checkpoint by the OSS Go SDK v2, as its users write it: upload BUCKET KEY FILE PART_SIZE. SEQUENTIAL=1
// begins it so.
package main

import (
	"context"
	"log"
	"os"
	"strconv"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

func main() {
	bucket, key, file := os.Args[1], os.Args[2], os.Args[3]
	partSize, err := strconv.ParseInt(os.Args[4], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	signature := oss.SignatureVersionV4
	if os.Getenv("OSS_SIGNATURE_VERSION") == "v1" {
		signature = oss.SignatureVersionV1
	}
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewEnvironmentVariableCredentialsProvider()).
		WithRegion(os.Getenv("OSS_REGION")).
		WithEndpoint(os.Getenv("OSS_ENDPOINT")).
		WithSignatureVersion(signature)
	uploader := oss.NewUploader(oss.NewClient(config), func(options *oss.UploaderOptions) {
		options.PartSize = partSize
		options.ParallelNum = 2
		options.EnableCheckpoint = true
	})
	request := &oss.PutObjectRequest{
		Bucket:   oss.Ptr(bucket),
		Key:      oss.Ptr(key),
		Metadata: map[string]string{"a": "1"},
	}
	if os.Getenv("SEQUENTIAL") == "1" {
		request.Parameters = map[string]string{"sequential": ""}
	}
	if _, err := uploader.UploadFile(context.Background(), request, file); err != nil {
		log.Fatal(err)
	}
}

// The OSS Go SDK v2: its Uploader, the engine of ossutil 2, with its defaults, which check CRC-64.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

type job struct {
	Kind, Endpoint, Bucket, Key, File, Folder string
	PartSize                                  int64
	Parallel                                  int
}

func main() {
	var asked job
	must(json.Unmarshal([]byte(os.Args[len(os.Args)-1]), &asked))
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("bench", "bench")).
		WithRegion("cn-hangzhou").
		WithEndpoint(asked.Endpoint).
		WithUsePathStyle(true).
		WithInsecureSkipVerify(true)
	uploader := oss.NewClient(config).NewUploader(func(options *oss.UploaderOptions) {
		if asked.PartSize > 0 {
			options.PartSize = asked.PartSize
			options.ParallelNum = asked.Parallel
		}
	})
	begin := time.Now()
	if asked.Kind == "one" {
		upload(uploader, asked.Bucket, asked.Key, asked.File)
	} else {
		uploadAll(uploader, asked)
	}
	seconds := time.Since(begin).Seconds()
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
	told, err := json.Marshal(map[string]float64{"seconds": seconds, "cpuSeconds": cpu, "peakMiB": peakMiB()})
	must(err)
	fmt.Println(string(told))
}

func uploadAll(uploader *oss.Uploader, asked job) {
	entries, err := os.ReadDir(asked.Folder)
	must(err)
	names := make(chan string)
	var workers sync.WaitGroup
	for range asked.Parallel {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for name := range names {
				upload(uploader, asked.Bucket, name, filepath.Join(asked.Folder, name))
			}
		}()
	}
	for _, entry := range entries {
		names <- entry.Name()
	}
	close(names)
	workers.Wait()
}

func upload(uploader *oss.Uploader, bucket, key, file string) {
	request := &oss.PutObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}
	_, err := uploader.UploadFile(context.Background(), request, file)
	must(err)
}

// The most memory this program ever had.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	must(err)
	for _, line := range strings.Split(string(status), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			kib, err := strconv.ParseFloat(fields[1], 64)
			must(err)
			return kib / 1024
		}
	}
	return 0
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

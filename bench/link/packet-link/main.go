// A long link in user space: packets go from one TUN device to another and back, at a rate, with a delay, through a queue of
// bounded length, and some are lost. The TCP on both sides is the kernel's own, so it meets what it meets on a real link.
//
//	packet-link DEVICE-A DEVICE-B BITS-PER-SECOND ROUND-TRIP-MS LOSS QUEUE-MS
//
// Only packets from A to B are lost. Ends when its standard input does.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

const (
	setInterface = 0x400454ca
	isTun        = 0x0001
	withoutInfo  = 0x1000
	mostBytes    = 65536
	mostPackets  = 65536
)

type packet struct {
	bytes     []byte
	arrivesAt time.Time
}

type direction struct {
	from, to       *os.File
	bitsPerSecond  float64
	delay, longest time.Duration
	loss           float64
}

func main() {
	if len(os.Args) != 7 {
		fail("six arguments are needed, see the source")
	}
	bitsPerSecond, roundTripMs := number(os.Args[3]), number(os.Args[4])
	loss, queueMs := number(os.Args[5]), number(os.Args[6])
	a, b := open(os.Args[1]), open(os.Args[2])
	delay := time.Duration(roundTripMs / 2 * float64(time.Millisecond))
	longest := time.Duration(queueMs * float64(time.Millisecond))
	go direction{a, b, bitsPerSecond, delay, longest, loss}.carry()
	go direction{b, a, bitsPerSecond, delay, longest, 0}.carry()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

func (way direction) carry() {
	line := make(chan packet, mostPackets)
	go way.deliver(line)
	free := time.Now()
	buffer := make([]byte, mostBytes)
	for {
		count, err := way.from.Read(buffer)
		if err != nil {
			// A device that is not up yet has nothing to read.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		now := time.Now()
		if way.loss > 0 && rand.Float64() < way.loss {
			continue
		}
		if free.Before(now) {
			free = now
		}
		if free.Sub(now) > way.longest {
			continue
		}
		free = free.Add(time.Duration(float64(count*8) / way.bitsPerSecond * float64(time.Second)))
		select {
		case line <- packet{append([]byte(nil), buffer[:count]...), free.Add(way.delay)}:
		default:
		}
	}
}

func (way direction) deliver(line <-chan packet) {
	for packet := range line {
		time.Sleep(time.Until(packet.arrivesAt))
		way.to.Write(packet.bytes)
	}
}

func open(name string) *os.File {
	descriptor, err := syscall.Open("/dev/net/tun", syscall.O_RDWR, 0)
	if err != nil {
		fail("/dev/net/tun: " + err.Error())
	}
	var request [40]byte
	copy(request[:15], name)
	*(*uint16)(unsafe.Pointer(&request[16])) = isTun | withoutInfo
	_, _, number := syscall.Syscall(syscall.SYS_IOCTL, uintptr(descriptor), setInterface, uintptr(unsafe.Pointer(&request[0])))
	if number != 0 {
		fail(name + ": " + number.Error())
	}
	return os.NewFile(uintptr(descriptor), name)
}

func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		fail(err.Error())
	}
	return value
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}

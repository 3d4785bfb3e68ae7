// Command latency is a TCP proxy that adds latency, and limits the rate of each connection if an argument says so. The
// kernel moves the bytes from socket to pipe to socket (splice(2)): they are not copied here, so that the CPU is left to
// the programs that are measured.
//
// Arguments: host:port to connect to, round trip in milliseconds, bytes per millisecond of answers on each connection
// (0: no limit). Prints its own port.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	// pipeBytes is the capacity of a pipe, and so the size limit of a piece.
	pipeBytes = 1 << 20
	// windowBytes and windowPieces bound what is in flight in one direction of a connection.
	windowBytes  = 16 << 20
	windowPieces = 256
	// gatherPause follows a piece of a stream: few large pieces cost less than many small ones.
	gatherPause = 500 * time.Microsecond
	gatherAbove = 4 << 10

	spliceMove     = 1
	spliceNonblock = 2
	setPipeSize    = 1031 // F_SETPIPE_SZ of fcntl(2)
)

// pipe holds the bytes of one piece.
type pipe struct{ read, write int }

func (p *pipe) close() {
	_ = syscall.Close(p.read)
	_ = syscall.Close(p.write)
}

// pipes are empty and can be used again.
var pipes = make(chan *pipe, 1024)

func openPipe() (*pipe, error) {
	select {
	case free := <-pipes:
		return free, nil
	default:
	}
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, err
	}
	// The kernel refuses this above a user's limit (pipe(7)); pieces are smaller then.
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(ends[1]), setPipeSize, pipeBytes)
	return &pipe{ends[0], ends[1]}, nil
}

func (p *pipe) release() {
	select {
	case pipes <- p:
	default:
		p.close()
	}
}

// piece is what arrived at one time; without a pipe it is the end of the stream.
type piece struct {
	due   time.Time
	bytes int64
	held  *pipe
}

// receive reads one piece of up to limit bytes; io.EOF at the end of the stream.
func receive(from syscall.RawConn, limit int) (piece, error) {
	held, err := openPipe()
	if err != nil {
		return piece{}, err
	}
	var n int64
	var failed error
	err = from.Read(func(fd uintptr) bool {
		n, failed = syscall.Splice(int(fd), nil, held.write, nil, limit, spliceMove|spliceNonblock)
		return failed != syscall.EAGAIN
	})
	if err == nil {
		err = failed
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err != nil {
		held.release()
		return piece{}, err
	}
	return piece{bytes: n, held: held}, nil
}

// send writes a piece. On failure its pipe is closed: bytes that are left in it must not reach another connection.
func send(to syscall.RawConn, next piece) error {
	left := next.bytes
	var failed error
	err := to.Write(func(fd uintptr) bool {
		for left > 0 {
			n, problem := syscall.Splice(next.held.read, nil, int(fd), nil, int(left), spliceMove|spliceNonblock)
			if problem == syscall.EAGAIN {
				return false
			}
			if failed = problem; problem != nil {
				return true
			}
			left -= n
		}
		return true
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		next.held.close()
		return err
	}
	next.held.release()
	return nil
}

// direction is one half of a connection.
type direction struct {
	from, to *net.TCPConn
	// opened is when the first byte may leave: the set-up of the connection takes a round trip.
	opened time.Time
	oneWay time.Duration
	// perMs is the limit in bytes per millisecond; 0 for none.
	perMs float64

	mutex    sync.Mutex
	room     *sync.Cond
	inFlight int64
}

// pass sends pieces in order, each after the time of one way. It returns when the stream has ended.
func (d *direction) pass() {
	d.room = sync.NewCond(&d.mutex)
	source, err := d.from.SyscallConn()
	if err != nil {
		return
	}
	target, err := d.to.SyscallConn()
	if err != nil {
		return
	}
	pieces := make(chan piece, windowPieces)
	go d.read(source, pieces)
	isBroken := false
	for next := range pieces {
		if isBroken {
			if next.held != nil {
				next.held.close()
			}
		} else {
			time.Sleep(time.Until(next.due))
			if next.held == nil {
				_ = d.to.CloseWrite()
			} else if send(target, next) != nil {
				isBroken = true
				reset(d.from)
			}
		}
		d.add(-next.bytes)
	}
}

func (d *direction) read(source syscall.RawConn, pieces chan<- piece) {
	defer close(pieces)
	free := d.opened
	limit := pipeBytes
	if d.perMs > 0 {
		// A piece leaves when its last byte may.
		limit = min(pipeBytes, max(4<<10, int(2*d.perMs)))
	}
	for {
		next, err := receive(source, limit)
		free = later(free, time.Now())
		if err != nil {
			if err != io.EOF {
				reset(d.to)
			}
			pieces <- piece{due: free.Add(d.oneWay)}
			return
		}
		// A byte leaves after those before it have left.
		if d.perMs > 0 {
			free = free.Add(time.Duration(float64(next.bytes) / d.perMs * float64(time.Millisecond)))
		}
		next.due = free.Add(d.oneWay)
		d.add(next.bytes)
		pieces <- next
		d.waitForRoom()
		if next.bytes >= gatherAbove {
			time.Sleep(gatherPause)
		}
	}
}

func (d *direction) add(bytes int64) {
	d.mutex.Lock()
	d.inFlight += bytes
	d.mutex.Unlock()
	d.room.Signal()
}

func (d *direction) waitForRoom() {
	d.mutex.Lock()
	for d.inFlight > windowBytes {
		d.room.Wait()
	}
	d.mutex.Unlock()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// reset ends a connection as a network failure does.
func reset(connection *net.TCPConn) {
	_ = connection.SetLinger(0)
	_ = connection.Close()
}

func serve(client *net.TCPConn, address string, oneWay time.Duration, perMs float64) {
	defer client.Close()
	accepted := time.Now()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer connection.Close()
	upstream := connection.(*net.TCPConn)
	there := &direction{from: client, to: upstream, opened: accepted.Add(2 * oneWay), oneWay: oneWay}
	back := &direction{from: upstream, to: client, opened: accepted, oneWay: oneWay, perMs: perMs}
	var both sync.WaitGroup
	both.Add(2)
	for _, each := range []*direction{there, back} {
		go func() {
			defer both.Done()
			each.pass()
		}()
	}
	both.Wait()
}

func run(address string, roundTrip, rate string) error {
	roundTripMs, err := strconv.ParseFloat(roundTrip, 64)
	if err != nil {
		return err
	}
	perMs, err := strconv.ParseFloat(rate, 64)
	if err != nil {
		return err
	}
	oneWay := time.Duration(roundTripMs / 2 * float64(time.Millisecond))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go serve(client.(*net.TCPConn), address, oneWay, perMs)
	}
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: latency HOST:PORT ROUND-TRIP-MS BYTES-PER-MS")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

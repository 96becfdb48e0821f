// What do tokio's tasks cost? The same figures as runtime_costs, each in its idiom.
//
//   apt install cargo librust-tokio-dev librust-futures-dev
//   cmake --build build --target lab_tokio_costs && build/lab/tokio_costs
//   build/lab/tokio_costs --only wake    one of the figures

use futures::future::poll_fn;
use futures::stream::{FuturesUnordered, StreamExt};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{channel, Receiver, Sender};

const TIMES: usize = 1_000_000;

fn stay_on_one_core() {
    unsafe {
        let mut cores: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(libc::sched_getcpu() as usize, &mut cores);
        assert_eq!(
            libc::sched_setaffinity(0, std::mem::size_of_val(&cores), &cores),
            0
        );
    }
}

/// Bytes in use on the heap, what the allocator adds included: Rust's is malloc.
fn heap_bytes() -> f64 {
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as f64
}

/// True without `--only`, and for the figure that it names.
fn wanted(name: &str) -> bool {
    let words: Vec<String> = std::env::args().collect();
    match words.as_slice() {
        [_] => true,
        [_, flag, only] if flag == "--only" => only == name,
        _ => panic!("usage: tokio_costs [--only FIGURE]"),
    }
}

/// The work is a task of its own: to wake the future that `block_on` is given takes system calls.
fn print_cost(name: &str, work: impl Future<Output = ()> + Send + 'static) {
    if !wanted(name) {
        return;
    }
    let start = Instant::now();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::spawn(work).await.unwrap() });
    drop(runtime);
    println!(
        "{name} {:.1} ns",
        start.elapsed().as_nanos() as f64 / TIMES as f64
    );
}

async fn spawn_and_join() {
    for _ in 0..TIMES {
        tokio::spawn(async { 1 }).await.unwrap();
    }
}

/// Asks the kernel for events each time, before the task is polled again.
async fn yield_now() {
    for _ in 0..TIMES {
        tokio::task::yield_now().await;
    }
}

/// Goes to the end of the queue, and no more.
async fn wake_oneself(times: usize) {
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

// No mutex: there is one thread.
thread_local! {
    static TURN: Cell<usize> = const { Cell::new(0) };
    static WAITING: RefCell<[Option<Waker>; 2]> = const { RefCell::new([None, None]) };
    static ASLEEP: Cell<usize> = const { Cell::new(0) };
    static AWAKE: Cell<usize> = const { Cell::new(0) };
    static CROWD: RefCell<Vec<Option<Waker>>> = const { RefCell::new(Vec::new()) };
    static POLLS: Cell<usize> = const { Cell::new(0) };
}

fn my_turn(me: usize, context: &Context) -> Poll<()> {
    if TURN.with(Cell::get) == me {
        return Poll::Ready(());
    }
    WAITING.with(|waiting| waiting.borrow_mut()[me] = Some(context.waker().clone()));
    Poll::Pending
}

/// Two tasks that wake each other by hand: tokio's `Notify` is a mutex and a list more.
async fn play(me: usize) {
    for _ in 0..TIMES / 2 {
        poll_fn(|context| my_turn(me, context)).await;
        TURN.with(|turn| turn.set(1 - me));
        let other = WAITING.with(|waiting| waiting.borrow_mut()[1 - me].take());
        other.into_iter().for_each(Waker::wake);
    }
}

async fn ping_pong() {
    let ping = tokio::spawn(play(0));
    play(1).await;
    ping.await.unwrap();
}

async fn volley(to: Sender<i32>, mut from: Receiver<i32>, begins: bool) {
    if begins {
        to.send(0).await.unwrap();
    }
    for i in 1..=TIMES / 2 {
        let ball = from.recv().await.unwrap();
        if begins && i == TIMES / 2 {
            break; // nobody receives another one
        }
        to.send(ball).await.unwrap();
    }
}

async fn mpsc_switches() {
    let (forth, forth_receiver) = channel(1);
    let (back, back_receiver) = channel(1);
    let ping = tokio::spawn(volley(forth, back_receiver, true));
    volley(back, forth_receiver, false).await;
    ping.await.unwrap();
}

fn count(counter: &'static std::thread::LocalKey<Cell<usize>>) {
    counter.with(|counter| counter.set(counter.get() + 1));
}

async fn sleeper() {
    count(&ASLEEP);
    tokio::time::sleep(Duration::from_secs(1)).await;
    count(&AWAKE);
}

async fn sleepers() {
    let before = heap_bytes();
    for _ in 0..TIMES {
        tokio::spawn(sleeper());
    }
    while ASLEEP.with(Cell::get) < TIMES {
        tokio::task::yield_now().await;
    }
    println!(
        "sleeper {:.0} bytes",
        (heap_bytes() - before) / TIMES as f64
    );
    while AWAKE.with(Cell::get) < TIMES {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// One of many in one task, each waiting for a wake of its own.
fn member(index: usize) -> impl Future<Output = ()> {
    poll_fn(move |context| {
        CROWD.with(|crowd| crowd.borrow_mut()[index] = Some(context.waker().clone()));
        count(&POLLS);
        Poll::Pending
    })
}

/// Waits for a member's result, which there never is, until they were polled `polls` times.
async fn poll_members<F: Future>(members: &mut FuturesUnordered<F>, polls: usize) {
    poll_fn(|context| match members.poll_next_unpin(context) {
        _ if POLLS.with(Cell::get) >= polls => Poll::Ready(()),
        _ => Poll::Pending,
    })
    .await
}

/// Wakes one member, lets the task that it is in poll it, and so on, in the order of their making.
async fn wake_one_by_one<F>(mut members: FuturesUnordered<F>)
where
    F: Future + Send + 'static,
{
    let size = members.len();
    let polls = tokio::spawn(async move { poll_members(&mut members, size + TIMES).await });
    for i in 0..TIMES {
        wake_oneself(1).await;
        let waker = CROWD.with(|crowd| crowd.borrow_mut()[i % size].take());
        waker.into_iter().for_each(Waker::wake);
    }
    polls.await.unwrap();
}

fn unordered(size: usize) {
    let name = format!("unordered_{size}");
    if !wanted(&name) {
        return;
    }
    CROWD.with(|crowd| *crowd.borrow_mut() = vec![None; size]);
    POLLS.with(|polls| polls.set(0));
    let mut members: FuturesUnordered<_> = (0..size).map(member).collect();
    futures::executor::block_on(poll_members(&mut members, size)); // for the first time
    print_cost(&name, wake_one_by_one(members));
}

fn main() {
    stay_on_one_core();
    print_cost("spawn_and_join", spawn_and_join());
    print_cost("yield", yield_now());
    print_cost("wake_oneself", wake_oneself(TIMES));
    print_cost("wake", ping_pong());
    for size in [10, 1_000, 100_000] {
        unordered(size);
    }
    print_cost("mpsc_switch", mpsc_switches());
    print_cost("sleepers", sleepers());
}

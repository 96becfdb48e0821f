// What does an echo cost with tokio? The same server as 07's echo_server, in its idiom: a task for
// each connection, on one thread. A task waits with `readable` and holds no buffer meanwhile.
//
//   apt install cargo librust-tokio-dev librust-futures-dev
//   cmake --build build --target lab_tokio_echo && build/lab/tokio_echo

use std::cell::RefCell;
use std::io::{Error, ErrorKind};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

// A read is handled before the next one, so one buffer is everybody's. On the stack Rust would fill
// it with zeros each time.
thread_local! {
    static BUFFER: RefCell<[u8; 16 * 1024]> = const { RefCell::new([0; 16 * 1024]) };
}

/// Reads and sends back what has come. Returns what the kernel does not take, or nothing at the end.
fn try_echo(socket: &TcpStream) -> Result<Option<Vec<u8>>, Error> {
    BUFFER.with(|buffer| {
        let mut buffer = buffer.borrow_mut();
        let size = socket.try_read(&mut buffer[..])?;
        if size == 0 {
            return Ok(None);
        }
        let sent = match socket.try_write(&buffer[..size]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            sent => sent?,
        };
        Ok(Some(buffer[sent..size].to_vec()))
    })
}

async fn echo(mut socket: TcpStream) -> Result<(), Error> {
    loop {
        socket.readable().await?;
        match try_echo(&socket) {
            Ok(None) => return Ok(()),
            Ok(Some(unsent)) => socket.write_all(&unsent).await?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
    }
}

async fn serve(port: u16) -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(async { echo(socket).await.unwrap_or_else(|error| eprintln!("{error}")) });
    }
}

/// The soft limit of open files becomes the hard one.
fn raise_file_limit() {
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
}

/// The number behind `--port`.
fn port() -> Option<u16> {
    let words: Vec<String> = std::env::args().collect();
    match words.as_slice() {
        [_] => Some(8000),
        [_, flag, port] if flag == "--port" => port.parse().ok(),
        _ => None,
    }
}

fn main() {
    let Some(port) = port() else {
        eprintln!("usage: tokio_echo [--port N]");
        std::process::exit(1);
    };
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    if let Err(error) = runtime.block_on(serve(port)) {
        eprintln!("127.0.0.1:{port}: {error}");
        std::process::exit(1);
    }
}

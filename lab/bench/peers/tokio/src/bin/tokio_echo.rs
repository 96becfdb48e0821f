// What does an echo cost with tokio? The same server as 07's echo_server, in its idiom: a task for
// each connection, on one thread. A task waits with `readable` and holds no buffer meanwhile.
//
//   apt install cargo librust-tokio-dev librust-futures-dev
//   cmake --build build --target lab_tokio_echo && build/lab/tokio_echo

use std::io::{Error, ErrorKind};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

async fn echo(mut socket: TcpStream) -> Result<(), Error> {
    loop {
        socket.readable().await?;
        // Left before the next await, so that it is on the stack and not in the task.
        let bytes = {
            let mut buffer = [0; 16 * 1024];
            match socket.try_read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(size) => match socket.try_write(&buffer[..size]) {
                    Ok(sent) => buffer[sent..size].to_vec(),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => buffer[..size].to_vec(),
                    Err(error) => return Err(error),
                },
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            }
        };
        socket.write_all(&bytes).await?;
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

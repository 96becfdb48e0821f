# Draws what build/lab/scale has measured. lab/bench/plot.sh runs it, with `medians`, a file, and
# `directory`, where the pictures go.
set terminal svg size 720,430 font "DejaVu Sans,13" background "white"
set key outside right top Left reverse spacing 1.3 samplen 2
set grid ytics lc rgb "#d0d7de"
set border 3 lc rgb "#57606a"
set tics nomirror
set style data yerrorlines
set datafile missing NaN  # the lines go on behind what is left out
thousands = "('1' 1, '10' 10, '100' 100, '1,000' 1000, '10,000' 1e4, '100,000' 1e5)"

# The last one is echo_server_uring, for which nothing has to be ready.
chapters = "01_blocking 02_threads 03_nonblocking_busy 04_poll 05_epoll_level 06_epoll_edge 07_futures_tasks io_uring"
names = "'01 blocking' '02 threads' '03 busy' '04 poll' '05 level' '06 edge' '07 tasks' 'on a ring'"
# Told apart by colour, by shape, and by where they lie.
colour(i) = word("#8c959f #bf8700 #cf222e #8250df #0a9dc4 #1f6feb #1a7f37 #24292f", i)
shape(i) = int(word("2 4 8 6 12 10 7 5", i))

# Columns of the medians: active idle, and then three for each figure, the median, the least and the
# most: echoes p50 p99 cpu bytes threads.
# So that whiskers can be told apart, each server stands a little beside the others.
beside(i) = (i - 4) * 0.03

set output directory."/cost_per_echo.svg"
set title "What idle connections cost one client: 03 and 04 climb, the others stay flat"
set xlabel "idle connections"
set ylabel "the server's CPU time for an echo, µs"
set logscale y
eval "set ytics ".thousands
set xrange [-0.2:2.2]
place(idle) = idle == 0 ? 0 : log10(idle) - 2
set xtics ("0" 0, "1,000" 1, "10,000" 2)
plot for [i=2:8] medians index word(chapters, i) \
  using (place($2) + beside(i)):($1 == 1 ? $12 : NaN):13:14 \
  lw 1.5 pt shape(i) ps 0.9 lc rgb colour(i) title word(names, i)

set output directory."/throughput.svg"
set title "What a server on one core can do, with more and more clients that never rest"
set xlabel "active connections"
set ylabel "thousand echoes per second"
unset logscale y
set ytics autofreq
set yrange [0:*]
set xrange [-0.2:3.2]
set xtics ("1" 0, "10" 1, "100" 2, "1,000" 3)
plot for [i=1:8] medians index word(chapters, i) \
  using (log10($1) + beside(i)):($2 == 0 ? $3 / 1000 : NaN):($4 / 1000):($5 / 1000) \
  lw 1.5 pt shape(i) ps 0.9 lc rgb colour(i) title word(names, i)

set output directory."/latency.svg"
set title "How long 99 of 100 echoes take at the most"
set ylabel "p99 of an echo, µs"
set logscale y
set yrange [10:*]
eval "set ytics ".thousands
plot for [i=1:8] medians index word(chapters, i) \
  using (log10($1) + beside(i)):($2 == 0 ? $9 : NaN):10:11 \
  lw 1.5 pt shape(i) ps 0.9 lc rgb colour(i) title word(names, i)

# Not logarithmic from here on: what is twice as much is twice as high.
unset logscale y
set yrange [0:*]
with_comma(n) = n < 1000 ? sprintf("%.0f", n) : sprintf("%d,%03d", int(n + 0.5) / 1000, int(n + 0.5) % 1000)
set ytics ("0" 0)
set for [n=500:12000:500] ytics add (with_comma(n) n)

set output directory."/idle.svg"
set title "What one echo costs, beside more and more connections that say nothing"
set xlabel "idle connections"
set ylabel "the server's CPU time for an echo, µs"
set xrange [-300:10300]
set xtics ("0" 0, "1,000" 1000, "10,000" 10000)
plot for [i=4:5] medians index word(chapters, i) using 2:($1 == 1 ? $12 : NaN):13:14 \
  lw 1.5 pt shape(i) ps 0.9 lc rgb colour(i) title word(names, i)

set output directory."/memory.svg"
set title "Memory of a connection that has echoed once and is idle now, with 10,000 of them"
unset key
servers = "libuv libevent tokio asio io_uring 07_futures_tasks 06_epoll_edge 05_epoll_level 04_poll 03_nonblocking_busy 02_threads"
labels = "libuv libevent tokio asio 'on a ring' '07 tasks' '06 edge' '05 level' '04 poll' '03 busy' '02 threads'"
set style fill solid
set boxwidth 0.6
set xlabel ""
set ylabel "bytes of the server's resident memory"
set yrange [0:14000]
set ytics ("0" 0)
set for [n=2000:12000:2000] ytics add (with_comma(n) n)
set xrange [0.4:11.6]
set xtics scale 0 ("" 0)
set for [i=1:11] xtics add (word(labels, i) i) rotate by -30
plot for [i=1:11] medians index word(servers, i) using (i):($1 == 1 && $2 == 10000 ? $15 : NaN) \
    with boxes lc rgb (i <= 4 ? "#8c959f" : i <= 6 ? "#1a7f37" : "#0a9dc4"), \
  for [i=1:11] medians index word(servers, i) \
    using (i):($1 == 1 && $2 == 10000 ? $15 : NaN):(with_comma($15)) \
    with labels offset 0,0.7 tc rgb "#24292f"

"""What does each task wait for? Two commands for gdb, for programs that stand on 07's runtime.

    gdb -x lab/gdb/async.py --args build/07_futures_tasks/squares --ask-first
    (gdb) run                  and ^C when it stands still; or `gdb -p PID`; or a core file
    (gdb) info tasks           every task: where it is in its life, and what it waits for
    (gdb) bt-async 2           the coroutines of task 2, innermost first, and what is in them

A stack does not show a coroutine that waits: its variables are in a frame on the heap, and it is on
nobody's stack. But all is there. The executor has its tasks in a list. A task has its future. And
a coroutine's frame begins with the address of the function that resumes it: g++ gives that function
an argument, `frame_ptr`, whose type says what is where in the frame. (clang does it otherwise.)

Nothing here runs code of the program: a core file will do.
"""

import functools
import os
import re

import gdb

SHOWN_LENGTH = 100
# What g++ puts into a frame besides parameters and local variables.
NOT_OURS = re.compile(r'_Coro_|(Aw|D\.|_D)\d|(Is|Fs)$|__')


class Unable(gdb.GdbError):
    """Is printed as one line."""


# Values

def owned(unique):
    """The pointer in a std::unique_ptr: the first of all that it is made of."""
    value = unique
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        fields = value.type.strip_typedefs().fields()
        value = value[fields[-1] if value.type.name.startswith('std::_Tuple_impl<0') else fields[0]]
    return value


def name_of(type_):
    type_ = type_.strip_typedefs().unqualified()
    return type_.name or str(type_)


def short_name(function):
    """`run` for `(anonymous namespace)::run(…)`."""
    function = function.replace('(anonymous namespace)::', '')
    return re.sub(r'[(<].*', '', function)


def place(file, line):
    return '%s:%d' % (os.path.basename(file), line)


numbers_of_channels = {}


def channel(pointer):
    """A name for a channel, by the order in which they are seen: an address is hard to compare."""
    address = int(pointer)
    return 'channel %d' % numbers_of_channels.setdefault(address, len(numbers_of_channels) + 1)


# Source text

@functools.lru_cache
def source_of(file):
    """The text, with comments and literals blanked out, so that each brace counts."""
    try:
        with open(file, errors='replace') as stream:
            text = stream.read()
    except OSError:
        return ''
    literal = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    return re.sub(literal, lambda m: re.sub(r'[^\n]', ' ', m.group()), text, flags=re.S)


class Source:
    """The text of one coroutine. It yields nothing where the file is not there."""

    def __init__(self, file, line):
        self.file, self.line = file, line
        self.text = source_of(file)
        self.begin = self.of_line(line)

    def of_line(self, line):
        at = 0
        for _ in range(line - 1):
            at = self.text.find('\n', at) + 1
            if at == 0:
                return len(self.text)
        return at

    def line_at(self, at):
        return self.text.count('\n', 0, at) + 1

    def co_await(self, number):
        """Where the coroutine's co_await of this number is. g++ counts as we read."""
        found = re.finditer(r'\bco_await\b', self.text[self.begin:])
        for i, match in enumerate(found):
            if i == number:
                return self.begin + match.start()
        return None

    def sees(self, name, line, at):
        """True if at `at` there is a variable `name` that was declared in `line`."""
        match = re.compile(r'\b%s\b' % re.escape(name)).search(self.text, self.of_line(line))
        if match is None:
            return True
        between = self.text[match.end():at]
        if match.start() >= at or re.fullmatch(r'\s*=\s*', between):
            return False  # it begins later; or this is what it will be
        depth = 0
        for brace in re.findall('[{}]', between):
            depth += 1 if brace == '{' else -1
            if depth < 0:
                return False
        return True


# Coroutines

class Frame:
    """The frame of one coroutine, given its AsyncFrame."""

    def __init__(self, async_frame):
        self.part = async_frame
        self.address = int(async_frame.address)
        handle = async_frame['self_']['_M_fr_ptr']
        word = gdb.lookup_type('unsigned long').pointer()
        resume = int(handle.cast(word).dereference())
        self.ended = resume == 0
        if self.ended:  # then the function that destroys it has the same argument
            resume = int((handle.cast(word) + 1).dereference())
        block = gdb.block_for_pc(resume)
        while block is not None and block.function is None:
            block = block.superblock
        symbol = block and gdb.lookup_symbol('frame_ptr', block)[0]
        if not symbol:
            raise Unable('A coroutine without a frame_ptr: it was built without -g, or not by g++.')
        self.block = block
        self.name = short_name(block.function.name)
        begins = gdb.lookup_symbol('_Coro_promise', block)[0]
        self.source = Source(begins.symtab.fullname(), begins.line)
        self.fields = list(self.all_fields(handle, symbol.type.target()))

    def all_fields(self, handle, type_):
        """Of each thing in the frame: its name, the line that declares it, and its value. The lines
        are those of the function's own variables, which stand for what is in the frame."""
        symbols = [symbol for symbol in self.block if not symbol.is_argument]
        lines = {symbol.name: symbol.line for symbol in symbols}
        if type_.fields():
            value = handle.cast(type_.pointer()).dereference()
            for field in type_.fields():
                name = re.sub(r'_\d+_\d+$', '', field.name)
                yield name, name != field.name and lines.get(name, 0), value[field]
            return
        # For a class's own functions g++ 12 may leave the type empty. But its members are the
        # variables, in the same order.
        at, local = int(handle), False
        for symbol in symbols:
            if symbol.name == '_Coro_actor_continue':
                continue
            align = symbol.type.alignof
            at = (at + align - 1) // align * align
            value = gdb.Value(at).cast(symbol.type.pointer()).dereference()
            yield symbol.name, local and symbol.line, value
            at += symbol.type.sizeof
            local = local or symbol.name == '_Coro_resume_index'

    def awaiter(self):
        """The awaiter that it waits in, and its number among the co_awaits."""
        awaited = int(self.part['awaited_'])
        for name, _, value in self.fields:
            if not re.match(r'Aw\d', name):
                continue
            is_call = name_of(value.type).startswith('runtime::CallAwaiter<')
            if int((value['callee_'] if is_call else value).address) == awaited:
                return value, int(name[2:])
        return None, None

    def at(self):
        """Where it is suspended in the source's text, or None."""
        number = self.awaiter()[1]
        return None if number is None else self.source.co_await(number)

    def place(self):
        at = self.at()
        return place(self.source.file, self.source.line if at is None else self.source.line_at(at))

    def statement(self):
        at = self.at()
        if at is not None:
            with open(self.source.file, errors='replace') as stream:
                return stream.read().split('\n')[self.source.line_at(at) - 1].strip()
        if self.ended:
            return 'has ended'
        return 'in a co_await' if self.awaiter()[0] is not None else 'has not begun, or runs'

    def variables(self):
        """Parameters and those local variables that are alive: pairs of a name and a value."""
        at = self.at()
        for name, line, value in self.fields:
            is_local = line is not False
            if NOT_OURS.match(name) or (is_local and not (at and self.source.sees(name, line, at))):
                continue
            yield name, value

    def leaf(self):
        """The future that it waits for, if that is not the next coroutine of the chain."""
        value = self.awaiter()[0]
        if value is None or not name_of(value.type).startswith('runtime::LeafAwaiter<'):
            return None
        return value['future_'].dereference()


def chain(owner):
    """The frames of an Async, innermost first."""
    outermost = owner['frame_']
    if int(outermost) == 0:
        return []
    frames = []
    at = outermost.dereference()['link_']
    while int(at) != int(outermost):
        frames.append(Frame(at.dereference()))
        at = at.dereference()['link_']
    return frames + [Frame(outermost.dereference())]


# Futures

class Nested:
    """A coroutine inside of another future, such as join."""

    def __init__(self, frames):
        self.frames = frames


def room_in(pointer):
    """Who waits in a line waits for this: a pointer to a WaitList."""
    kind = str(pointer.dynamic_type.target())
    if kind.startswith('runtime::Channel<'):
        it = pointer.cast(pointer.dynamic_type).dereference()
        return 'room in %s, which holds %d' % (channel(it.address), int(it['room_']))
    return {'runtime::Notify': 'a Notify', 'runtime::Semaphore': 'a permit'}.get(kind, 'its turn')


def readiness(wait):
    """What an IoWait waits for."""
    direction = str(wait['direction_']).split('::')[-1]
    to_be = {'read': 'to be readable', 'write': 'to be writable'}.get(direction, 'to end')
    return 'fd %d %s' % (int(wait['source_'].dereference()['source_']['fd_']), to_be)


def waits_for(future, tasks, depth=0):
    """What a future waits for: texts, and `Nested`s. Several if it waits for all or any of them."""
    type_ = future.type.strip_typedefs()
    if type_.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        target = name_of(type_.target())
        return waits_for(future.referenced_value(), tasks, depth) if 'runtime::' in target else []
    if type_.code != gdb.TYPE_CODE_STRUCT or depth > 20:
        return []
    name = name_of(type_)
    if name == 'runtime::AsyncOwner':
        frames = chain(future)
        return [Nested(frames)] if frames and not frames[-1].ended else []
    if re.match(r'runtime::JoinHandle<.*>$', name):
        return ['the end of ' + tasks.name(future['task_'])]
    if name == 'runtime::WaitList::Waiting':
        return [room_in(future['list_'])] if int(future['list_']) != 0 else []
    if re.match(r'runtime::Receiver<.*>::Receive$', name):
        pointer = owned(future['channel_'])
        return ['a value from ' + channel(pointer)] if int(pointer) != 0 else []
    if re.match(r'runtime::IoWait<.*>$', name):
        return [readiness(future)]
    if re.match(r'runtime::FuturesUnordered<.*>::Next$', name):
        return ['one of a set of %d' % int(future['set_'].referenced_value()['size_'])]
    if name in ('runtime::Sleep', 'runtime::CtrlC'):
        return ['a timer' if name == 'runtime::Sleep' else 'Ctrl-C']
    reasons = []
    for part in parts(future, type_, name):
        reasons += waits_for(part, tasks, depth + 1)
    return reasons


def parts(value, type_, name):
    """What a future is made of: of an optional or variant, what is in it now."""
    if name.startswith('std::optional<'):
        payload = value['_M_payload']
        return [payload['_M_payload']['_M_value']] if payload['_M_engaged'] else []
    if name.startswith('std::variant<'):
        union = value['_M_u']
        for _ in range(int(value['_M_index'])):
            union = union['_M_rest']
        return [union['_M_first']['_M_storage']] if int(value['_M_index']) < 250 else []
    if name.startswith('std::vector<'):
        begin, end = value['_M_impl']['_M_start'], value['_M_impl']['_M_finish']
        return [(begin + i).dereference() for i in range(int(end - begin))]
    fields = type_.fields()
    if name.startswith('std::_Tuple_impl<'):
        fields = fields[::-1]  # the first of a tuple is its last base
    return [value[field] for field in fields
            if hasattr(field, 'bitpos') and not (field.name or '').startswith('_vptr')
            and field.type.strip_typedefs().code != gdb.TYPE_CODE_UNION]


# Tasks

class Task:
    FLAGS = (1, 'scheduled'), (2, 'running'), (4, 'done'), (8, 'aborted')

    def __init__(self, value, number):
        self.value, self.number = value, number
        self.word = int(value['state_']['word_']['_M_i'])

    def state(self):
        names = [name for bit, name in self.FLAGS if self.word & bit]
        return '+'.join(names) or 'waits'

    def wakers(self):
        """As TaskState::wakers: what is left of the references."""
        return self.word // 64 - 1 - (1 if self.word & 16 else 0)

    def future(self):
        """The future, or None for one that is done."""
        if self.word & 4:
            return None
        whole = self.value.address.cast(self.value.dynamic_type.pointer()).dereference()
        for field in whole.type.fields():
            if field.name is None or field.name == '':
                return whole[field]['future_']
        return whole['future_']

    def frames(self):
        future = self.future()
        if future is None or not name_of(future.type).startswith('runtime::Async<'):
            return []
        return chain(future)

    def name(self, tasks):
        """Its outermost coroutine. Of one that is none: that in it, or its type."""
        future = self.future()
        if future is None:
            return ''
        frames = self.frames()
        if not frames:
            inside = [each for each in waits_for(future, tasks) if isinstance(each, Nested)]
            frames = inside[0].frames if len(inside) == 1 else []
        if frames:
            return '%s at %s' % (frames[-1].name, frames[-1].place())
        return re.sub(r'<.*', '', name_of(future.type)).split('::')[-1]

    def waits_for(self, tasks):
        frames = self.frames()
        future = frames[0].leaf() if frames else self.future()
        return [] if future is None else waits_for(future, tasks)


class Tasks:
    """All tasks of the runtimes that threads of the program are in."""

    def __init__(self):
        executors = find_executors()
        self.all = []
        for executor in executors:
            task = executor['tasks_']['newest_']
            found = []
            while int(task) != 0:
                found.append(task.dereference())
                task = task.dereference()['older']
            self.all += found[::-1]
        self.all = [Task(value, i + 1) for i, value in enumerate(self.all)]

    def name(self, pointer):
        """Of the task at a pointer to it, or to a base of it."""
        for task in self.all:
            if int(task.value.address) == int(pointer):
                return 'task %d' % task.number
        return 'a task that is over' if int(pointer) else 'no task'

    def number(self, text):
        if not text.isdigit() or not 1 <= int(text) <= len(self.all):
            raise Unable('bt-async N: a number from 1 to %d (see `info tasks`).' % len(self.all))
        return self.all[int(text) - 1]


def find_executors():
    """Each thread knows its executor: a thread_local variable."""
    if gdb.selected_thread() is None:
        raise Unable('The program does not run: `run` it, attach to one, or load a core file.')
    name = "'runtime::(anonymous namespace)::current_executor'"
    if not gdb.lookup_static_symbol('runtime::(anonymous namespace)::current_executor'):
        raise Unable('No tasks: it is not built on 07_futures_tasks/runtime, or without -g.')
    selected = gdb.selected_thread()
    executors = {}
    try:
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            pointer = gdb.parse_and_eval(name)
            if int(pointer) != 0:
                executors[int(pointer)] = pointer.cast(pointer.dynamic_type).dereference()
    finally:
        selected.switch()
    if not executors:
        raise Unable('No thread is in a runtime now: before block_on, or after it.')
    return list(executors.values())


def texts(reasons, tasks):
    """What is waited for, in one line, through what is nested."""
    for reason in reasons:
        if isinstance(reason, Nested):
            leaf = reason.frames[0].leaf()
            yield from texts([] if leaf is None else waits_for(leaf, tasks), tasks)
        else:
            yield reason


def in_words(task, tasks):
    if task.word & 7:
        return ''
    if task.wakers() == 0:
        return 'nothing: nobody has a waker for it'
    return ' | '.join(texts(task.waits_for(tasks), tasks)) or 'something that has its waker'


class Command(gdb.Command):
    """Values are shown as in C++, also where the program stands in a function of C."""

    def invoke(self, argument, from_tty):
        before = gdb.parameter('language')
        gdb.execute('set language c++', to_string=True)
        try:
            self.run(argument.strip())
        finally:
            gdb.execute('set language ' + before, to_string=True)


class InfoTasks(Command):
    """info tasks: every task, where it is in its life, and what it waits for.

Of a coroutine the place is that of the co_await in which it is suspended. Tasks are numbered from
the oldest one that is alive. What stands between bars is waited for at the same time."""

    def __init__(self):
        super().__init__('info tasks', gdb.COMMAND_STATUS)

    def run(self, argument):
        tasks = Tasks()
        rows = [('task', 'state', 'is', 'waits for')]
        for task in tasks.all:
            rows.append((str(task.number), task.state(), task.name(tasks), in_words(task, tasks)))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for row in rows:
            line = '  '.join(cell.ljust(width) for cell, width in zip(row, widths))
            print((line + '  ' + row[3]).rstrip())


class BtAsync(Command):
    """bt-async N: the coroutines of task N, innermost first: where each is suspended, its
parameters and its local variables."""

    def __init__(self):
        super().__init__('bt-async', gdb.COMMAND_STACK)

    def run(self, argument):
        tasks = Tasks()
        task = tasks.number(argument)
        reason = in_words(task, tasks)
        print('task %d %s%s' % (task.number, task.state(), reason and ' for ' + reason))
        frames = task.frames()
        if not frames and task.future() is not None:
            print('a %s' % name_of(task.future().type))
        show(frames, task.waits_for(tasks), tasks, '')


def show(frames, reasons, tasks, indent):
    for reason in reasons:
        if isinstance(reason, Nested):
            print(indent + 'in it:')
            leaf = reason.frames[0].leaf()
            inner = [] if leaf is None else waits_for(leaf, tasks)
            show(reason.frames, inner, tasks, indent + '    ')
    for i, frame in enumerate(frames):
        print('%s#%d  %s at %s' % (indent, i, frame.name, frame.place()))
        print('%s      %s' % (indent, frame.statement()))
        for name, value in frame.variables():
            print('%s      %s = %s' % (indent, name, text_of(value)))


def text_of(value):
    try:
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_REF:
            value = value.referenced_value()
        text = value.format_string(max_elements=32, max_depth=2, static_members=False)
        text = text.replace('\n', ' ')
    except gdb.error as error:
        text = '<%s>' % error
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH - 3] + '...'


# How gdb prints what is of the runtime, also in its own commands

class Text:
    def __init__(self, text):
        self.text = text

    def to_string(self):
        return self.text


def end_of_channel(end, what):
    pointer = owned(end['channel_'])
    return '%s %s' % (what, channel(pointer)) if int(pointer) else 'moved from'


def text_of_async(owner):
    if int(owner['frame_']) == 0:
        return 'moved from'
    frame = Frame(owner['frame_'].dereference())
    return 'a coroutine, %s%s' % (frame.name, ', which has ended' if frame.ended else '')


PRINTERS = (
    (r'runtime::Sender<.*>$', lambda value: end_of_channel(value, 'sends to')),
    (r'runtime::Receiver<.*>$', lambda value: end_of_channel(value, 'receives from')),
    (r'runtime::JoinHandle<.*>$', lambda value: Tasks().name(value['task_'])),
    (r'runtime::Async<.*>$', text_of_async),
    (r'runtime::(TcpStream|TcpListener|UdpSocket)$',
     lambda value: 'fd %d' % int(value['io_']['source_']['fd_'])),
    (r'common::Fd$', lambda value: 'fd %d' % int(value['fd_'])),
)


def printer(value):
    type_ = value.type.unqualified().strip_typedefs()
    if type_.code != gdb.TYPE_CODE_STRUCT:
        return None
    for pattern, text in PRINTERS:
        if re.match(pattern, name_of(type_)):
            try:
                return Text(text(value))
            except gdb.error:
                return None
    return None


gdb.pretty_printers.append(printer)
InfoTasks()
BtAsync()
gdb.execute('set debuginfod enabled off')

"""How many vectors a space has, and how many networks they mean.

Vectors that mean the same network differ in a choice that cannot matter, or in where
the border between two alike stages lies: one block more before it, one fewer behind.
So networks are counted as *words* whose letters are blocks, read by a nondeterministic
automaton. After a few letters it may be in any of a *set* of states, and each distinct
word leads along one path of such sets (the subset construction of Rabin and Scott,
1959). Paths are counted without listing them, and sets are taken apart where no letter
is shared, so that work grows with the choices of a stage and not with their product.
"""

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mbscale.space.blocks import Block, realize_stage
from mbscale.space.encoding import space_choices
from mbscale.space.search_space import SearchSpace


@dataclass(frozen=True, slots=True)
class _Before:
    """About to read the first block of a stage; after the last stage, done."""

    stage: int
    in_width: int


@dataclass(frozen=True, slots=True)
class _Within:
    """``n_read`` blocks of a stage are read, and another ``block`` may follow."""

    stage: int
    block: Block
    n_read: int


_State = _Before | _Within
_States = frozenset[_State]
_Moves = dict[Block, _States]


def count_vectors(space: SearchSpace) -> int:
    """How many vectors decode to a member."""
    return math.prod(len(choice.options) for choice in space_choices(space))


def count_networks(space: SearchSpace) -> int:
    """How many canonical keys the members have, exactly.

    Milliseconds unless many stages in a row can merge, that is, have stride 1 and the
    widths, operators and kernels of the stage before.
    """
    automaton = _Automaton(space)
    start: _States = frozenset([_Before(0, space.stem.width)])
    # How many words lead to each set. A set is expanded once, after all that lead to it.
    n_words: Counter[_States] = Counter({start: 1})
    waiting = [(_order(start), 0, start)]
    total = 0
    while waiting:
        _, _, states = heapq.heappop(waiting)
        total += n_words[states] * automaton.is_end(states)
        for after, times in automaton.expand(states):
            if after not in n_words:
                heapq.heappush(waiting, (_order(after), len(n_words), after))
            n_words[after] += n_words[states] * times
    return total


def _order(states: _States) -> tuple[int, int, int]:
    # A letter leads past the least advanced state; a larger set falls apart into smaller.
    stage, n_read = min((s.stage, s.n_read if isinstance(s, _Within) else 0) for s in states)
    return stage, n_read, -len(states)


class _Automaton:
    """Reads the words of a space's members, block by block."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._moves: dict[_State, _Moves] = {}
        self._shared: dict[_States, frozenset[Block]] = {}

    def is_end(self, states: _States) -> bool:
        """Whether a word ends here. Of a larger set, its part for the end says so."""
        return len(states) == 1 and all(s.stage == len(self._space.stages) for s in states)

    def expand(self, states: _States) -> Iterator[tuple[_States, int]]:
        """What the words from ``states`` add up to: sets of states, and how often each.

        Words from several states are the words from each of them; those that begin with
        a letter that some share are taken out and put back once.
        """
        if len(states) == 1:
            [state] = states
            yield from ((after, 1) for after in self._get_moves(state).values())
            return
        yield from ((frozenset([state]), 1) for state in states)
        shared = [self._get_shared(*pair) for pair in itertools.combinations(states, 2)]
        moves = [self._get_moves(state) for state in states]
        for block in frozenset[Block]().union(*shared):
            after = [move[block] for move in moves if block in move]
            yield from ((each, -1) for each in after)
            yield frozenset[_State]().union(*after), 1

    def _get_shared(self, first: _State, second: _State) -> frozenset[Block]:
        pair = frozenset([first, second])
        if pair not in self._shared:
            letters = self._get_moves(first).keys() & self._get_moves(second).keys()
            self._shared[pair] = frozenset(letters)
        return self._shared[pair]

    def _get_moves(self, state: _State) -> _Moves:
        if state not in self._moves:
            self._moves[state] = self._find_moves(state)
        return self._moves[state]

    def _find_moves(self, state: _State) -> _Moves:
        if isinstance(state, _Within):
            return {state.block: self._after(state.stage, state.block, state.n_read + 1)}
        moves: _Moves = {}
        for stage in self._space.stages[state.stage : state.stage + 1]:
            # Two blocks show both letters of a stage; its depths come in as words go on.
            for values in itertools.product(*stage.options()[:-1], [2]):
                first, rest = realize_stage(stage.make_stage(values), state.in_width)
                after = self._after(state.stage, rest, 1)
                moves[first] = moves.get(first, frozenset()) | after
        return moves

    def _after(self, stage: int, block: Block, n_read: int) -> _States:
        depths = self._space.stages[stage].depths
        states: list[_State] = []
        if n_read in depths:
            states.append(_Before(stage + 1, block.out_width))
        if n_read < depths[-1]:
            states.append(_Within(stage, block, n_read))
        return frozenset(states)

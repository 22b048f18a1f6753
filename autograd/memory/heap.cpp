#include "autograd/memory/heap.h"

#include <bit>
#include <new>

#include "autograd/memory/immortal.h"
#include "autograd/memory/slab_pool.h"

namespace tapegrad::detail {

constinit Slab no_slab;
constinit BlockHeap no_heap;
thread_local constinit BlockHeap* this_heap = &no_heap;
thread_local constinit BlockThread block_thread;

void SlabList::push(Slab& slab) noexcept {
  slab.previous = nullptr;
  slab.next = first;
  if (first) first->previous = &slab;
  first = &slab;
}

void SlabList::remove(Slab& slab) noexcept {
  if (slab.next) slab.next->previous = slab.previous;
  (slab.previous ? slab.previous->next : first) = slab.next;
}

namespace {

/// Has the blocks that came back to a slab handed out by their addresses. At the end of a tape the
/// values that stay, and the gradients, have mixed them up.
void sort_free(Slab& slab) noexcept {
  std::uint64_t came_back[Slab::kSmallBytes / SizeClasses::bytes(0) / 64] = {};
  const std::byte* begin = slab.begin();
  for (const Slab::Free* block = slab.free; block; block = block->next) {
    const auto at = reinterpret_cast<const std::byte*>(block) - begin;
    const std::uint32_t number = static_cast<std::uint32_t>(at) / slab.block_bytes;
    came_back[number / 64] |= std::uint64_t{1} << number % 64;
  }
  Slab::Free** link = &slab.free;
  std::size_t first = 0;
  for (std::uint64_t word : came_back) {
    for (; word; word &= word - 1) {
      const std::size_t number = first + static_cast<std::size_t>(std::countr_zero(word));
      *link = reinterpret_cast<Slab::Free*>(slab.begin() + number * slab.block_bytes);
      link = &(*link)->next;
    }
    first += 64;
  }
  *link = nullptr;
}

}  // namespace

// ---- For the heap's own thread ------------------------------------------------------------------

bool Heap::refill(int size_class) noexcept {
  const std::lock_guard lock(mutex_);
  take_in();
  if (current[size_class] != &no_slab) give_up_current(size_class);
  Slab* slab = usable_[size_class].first;
  if (slab) {
    unlink(*slab);
    sort_free(*slab);
  } else {
    const bool big = SizeClasses::big(size_class);
    void* memory = acquire_slab(big);
    if (!memory) return false;
    const std::size_t bytes = SizeClasses::bytes(size_class);
    const std::size_t blocks = (Slab::size(big) - Slab::kHeader) / bytes;
    slab = new (memory) Slab;
    slab->owner = this;
    slab->bump = slab->begin();
    slab->end = slab->bump + blocks * bytes;
    slab->block_bytes = static_cast<std::uint32_t>(bytes);
    slab->half = static_cast<std::uint32_t>(blocks / 2);
    slab->size_class = static_cast<std::uint8_t>(size_class);
  }
  slab->state = Slab::State::current;
  slab->trigger = at_hand_[size_class] ? Slab::kNever : 0;
  current[size_class] = slab;
  return true;
}

void Heap::drained(Slab& slab) noexcept {
  if (current[slab.size_class] == &slab) return note_empty(slab);
  const std::lock_guard lock(mutex_);
  settle(slab);
}

void Heap::give_back_empty() noexcept {
  const std::lock_guard lock(mutex_);
  take_in();
  for (int i = 0; i < SizeClasses::kClasses; ++i) {
    // Other threads may have returned the last of its blocks.
    if (current[i] != &no_slab && current[i]->live.get() == current[i]->returned_count)
      give_up_current(i);
  }
}

void Heap::leave() noexcept {
  const std::lock_guard lock(mutex_);
  // Whoever gives a block from now on collects it; what came before is collected here.
  has_thread_.store(false);
  for (int i = 0; i < SizeClasses::kClasses; ++i) {
    if (current[i] != &no_slab) give_up_current(i);
  }
  take_in();
}

/// Notes that a current slab is empty, and gives another one up for that. A small step empties a
/// few slabs again and again: until its class has to go, nobody is told of it any more.
void Heap::note_empty(Slab& slab) noexcept {
  const int size_class = slab.size_class;
  at_hand_[size_class] = true;
  slab.trigger = Slab::kNever;
  const int gone =
      SizeClasses::big(size_class) ? big_at_hand_.add(size_class) : small_at_hand_.add(size_class);
  if (gone < 0) return;
  at_hand_[gone] = false;
  if (current[gone] == &no_slab) return;
  current[gone]->trigger = 0;
  if (current[gone]->live.get() != 0) return;
  const std::lock_guard lock(mutex_);
  give_up_current(gone);
}

/// Takes back all that other threads returned.
void Heap::take_in() noexcept {
  collect();
  while (returned_.first) settle(*returned_.first);
}

void Heap::give_up_current(int size_class) noexcept {
  Slab& slab = *current[size_class];
  current[size_class] = &no_slab;
  settle(slab);
}

/// Takes back what other threads returned of a slab that is not a current one, and puts it where it
/// belongs then. A full one is of use again when half of its blocks are back: so a few values that
/// stay do not keep the rest, and nobody looks into a slab in vain.
void Heap::settle(Slab& slab) noexcept {
  unlink(slab);
  if (slab.returned) {
    slab.returned_last->next = slab.free;
    slab.free = slab.returned;
    slab.returned = nullptr;
    slab.live.add(-slab.returned_count);
    slab.returned_count = 0;
  }
  const std::uint32_t in_use = slab.live.get();
  if (in_use == 0) return release_slab(&slab, SizeClasses::big(slab.size_class));
  const bool usable = in_use <= slab.half;
  slab.state = usable ? Slab::State::usable : Slab::State::full;
  slab.trigger = usable ? 0 : slab.half;
  if (usable) usable_[slab.size_class].push(slab);
}

// ---- For all threads ----------------------------------------------------------------------------

void Heap::give(void* pointer, bool big) noexcept {
  constexpr std::uint32_t many = 4096;
  auto* block = static_cast<Slab::Free*>(pointer);
  std::atomic<Slab::Free*>& inbox = inbox_[big];
  block->next = inbox.load(std::memory_order_relaxed);
  while (!inbox.compare_exchange_weak(block->next, block)) {
  }
  // Either this sees that the thread has ended, or that finds the block: both are in one order. An
  // idle thread that others make large gifts does not keep them, either.
  if (has_thread_.load() && given_.fetch_add(1, std::memory_order_relaxed) % many != many - 1)
    return;
  const std::lock_guard lock(mutex_);
  collect();
}

void Heap::collect_all() noexcept {
  const std::lock_guard lock(mutex_);
  collect();
  for (Slab* slab = returned_.first; slab;) {
    Slab* following = slab->next;
    release_if_empty(*slab);
    slab = following;
  }
}

/// Sorts the inbox into the slabs.
void Heap::collect() noexcept {
  for (const bool big : {false, true}) {
    Slab::Free* block = inbox_[big].exchange(nullptr);
    while (block) {
      Slab::Free* following = block->next;
      Slab& slab = Slab::of(block, big);
      if (!slab.returned) slab.returned_last = block;
      block->next = slab.returned;
      slab.returned = block;
      ++slab.returned_count;
      if (slab.state == Slab::State::full || slab.state == Slab::State::usable) {
        unlink(slab);
        slab.state = Slab::State::returned;
        returned_.push(slab);
      }
      if (slab.state != Slab::State::current) release_if_empty(slab);
      block = following;
    }
  }
}

/// Gives a slab that is not a current one back to the pool if no block of it is in use. Where the
/// count is at the trigger, the heap's thread may be on its way to `drained`, which does it.
void Heap::release_if_empty(Slab& slab) noexcept {
  const std::uint32_t count = slab.live.get(std::memory_order_acquire);
  if (count != slab.returned_count || count == slab.trigger) return;
  unlink(slab);
  release_slab(&slab, SizeClasses::big(slab.size_class));
}

/// Takes a slab out of the list it is in.
void Heap::unlink(Slab& slab) noexcept {
  if (slab.state == Slab::State::usable) usable_[slab.size_class].remove(slab);
  if (slab.state == Slab::State::returned) returned_.remove(slab);
}

// ---- Threads ------------------------------------------------------------------------------------

HeapRegistry& heap_registry() noexcept { return immortal<HeapRegistry>(); }

namespace {

struct Closer {
  ~Closer() {
    this_heap = &no_heap;
    Heap* heap = block_thread.heap;
    block_thread = {.life = BlockThread::Life::ended};
    if (!heap) return;
    heap->leave();
    HeapRegistry& heaps = heap_registry();
    const std::lock_guard lock(heaps.mutex);
    heap->next_idle = heaps.idle;
    heaps.idle = heap;
  }
};

}  // namespace

void enter_thread() noexcept {
  thread_local Closer closer;
  HeapRegistry& heaps = heap_registry();
  const std::lock_guard lock(heaps.mutex);
  Heap* heap = heaps.idle;
  if (heap) {
    heaps.idle = heap->next_idle;
    heap->enter();
  } else {
    heap = new (std::nothrow) Heap;
    if (!heap) return;
    heap->next = heaps.all;
    heaps.all = heap;
  }
  this_heap = heap;
  block_thread.heap = heap;
  block_thread.life = BlockThread::Life::known;
}

}  // namespace tapegrad::detail

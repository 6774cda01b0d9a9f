// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// Tells the Thread Sanitizer about contended locks of Swift's `Mutex`; dev/test --tsan loads it before the tests.
//
// The fast way of `Mutex` is compiled into our code, where the sanitizer sees its atomic steps. The slow way, taken when
// two threads want the lock at once, is in Swift's own library, which was built without the sanitizer: it does not see
// that the second thread comes after the first, and reports a race wherever locks are contended. These functions stand
// before the library's, call them, and say in which order things happen.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define HANDLE __attribute__((swift_context)) void *handle

// Of the sanitizer's run time, which only the tests have in them.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

typedef SWIFT void (*lock_function)(uint32_t, HANDLE);
typedef SWIFT void (*unlock_function)(HANDLE);

SWIFT void lock_slowly(uint32_t thread, HANDLE) __asm__(LOCK);
SWIFT void unlock_slowly(HANDLE) __asm__(UNLOCK);

SWIFT void lock_slowly(uint32_t thread, HANDLE) {
    ((lock_function)dlsym(RTLD_NEXT, LOCK))(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlock_slowly(HANDLE) {
    if (__tsan_release) __tsan_release(handle);
    ((unlock_function)dlsym(RTLD_NEXT, UNLOCK))(handle);
}

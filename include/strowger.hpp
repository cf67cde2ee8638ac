// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Strowger for C++11 and later: engines that end themselves. Everything else is strowger.h, which an engine is given to as it is.
//
// No exceptions, no heap: an engine has its memory in itself, so it stands still (it can be neither copied nor moved) and may be static.
//
//     static strowger::Phone<3> phone;
//     stw_phone_config config = STW_PHONE_CONFIG_INIT;
//     if (phone.begin(config) != STW_OK || stw_phone_register(phone, now_ms()) != STW_OK) ...
//     phone.drain(datagram, sizeof datagram, [](const stw_phone_output &out, const uint8_t *bytes) { ... });

#ifndef STROWGER_HPP
#define STROWGER_HPP

#include "strowger.h"

namespace strowger {

// What an exchange and a telephone have in common: memory for `Words` and an engine in it. `Calls` names the functions.
template <class Calls, size_t Words> class Engine {
  public:
    using Pointer = typename Calls::Pointer;
    using Config = typename Calls::Config;
    using Output = typename Calls::Output;

    Engine() : memory_(), engine_(nullptr) {}
    ~Engine() { end(); }
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    // Sets it up, and ends it before if it was. Statuses as of _init. A configuration for more than the memory is STW_ERR_MEMORY.
    stw_status begin(const Config &config) {
        end();
        return Calls::init(reinterpret_cast<uint8_t *>(memory_), sizeof memory_, &config, &engine_);
    }
    // Ends it and wipes its memory; its calls are not cleared.
    void end() {
        if (engine_ != nullptr)
            (void)Calls::deinit(engine_);
        engine_ = nullptr;
    }
    // For every function of strowger.h; null, which they refuse, before begin().
    operator Pointer() const { return engine_; }

    // Gives each output, and the bytes that go with it, to `take`, until there are no more. What does not fit the buffer is not lost: the
    // status is STW_ERR_BUFFER, and the output comes again.
    template <class Take> stw_status drain(uint8_t *buffer, size_t size, Take take) {
        Output out;
        stw_status status;
        while ((status = Calls::poll(engine_, &out, buffer, size, nullptr)) == STW_OK)
            take(static_cast<const Output &>(out), static_cast<const uint8_t *>(buffer));
        return status == STW_EMPTY ? static_cast<stw_status>(STW_OK) : status;
    }

  private:
    uint64_t memory_[Words];
    Pointer engine_;
};

struct ExchangeCalls {
    using Pointer = stw_exchange *;
    using Config = stw_exchange_config;
    using Output = stw_output;
    static stw_status init(uint8_t *memory, size_t size, const Config *config, Pointer *out) {
        return stw_exchange_init(memory, size, config, out);
    }
    static stw_status deinit(Pointer engine) { return stw_exchange_deinit(engine); }
    static stw_status poll(Pointer engine, Output *out, uint8_t *buffer, size_t size, size_t *needed) {
        return stw_exchange_poll(engine, out, buffer, size, needed);
    }
};

struct PhoneCalls {
    using Pointer = stw_phone *;
    using Config = stw_phone_config;
    using Output = stw_phone_output;
    static stw_status init(uint8_t *memory, size_t size, const Config *config, Pointer *out) {
        return stw_phone_init(memory, size, config, out);
    }
    static stw_status deinit(Pointer engine) { return stw_phone_deinit(engine); }
    static stw_status poll(Pointer engine, Output *out, uint8_t *buffer, size_t size, size_t *needed) {
        return stw_phone_poll(engine, out, buffer, size, needed);
    }
};

// An exchange for so many, with the default numbers of transactions and pages.
template <size_t Devices, size_t Trunks, size_t Calls>
using Exchange = Engine<ExchangeCalls, STW_EXCHANGE_WORDS(Devices, Trunks, Calls)>;

// A telephone for so many calls, one of them for help alone.
template <size_t Lines> using Phone = Engine<PhoneCalls, STW_PHONE_WORDS(Lines)>;

} // namespace strowger

#endif

// An exchange asked from C++: may 201 call, and whom? Prints the answers, and exits 0 only if they are those of examples/c/policy.toml.
//
//     gate POLICY.stw POLICY.keys
#include "strowger.hpp"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

strowger::Exchange<16, 2, 4> exchange;
uint8_t datagram[8192];

std::vector<uint8_t> file(const char *name) {
    std::ifstream in(name, std::ios::binary);
    return std::vector<uint8_t>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// What becomes of a number that 201 dials, and how many outputs it makes.
bool dials(const char *number, uint32_t rule) {
    stw_decision decision;
    uint32_t row = 0;
    unsigned outputs = 0;
    std::memset(&decision, 0, sizeof decision);
    (void)stw_exchange_device(exchange, reinterpret_cast<const uint8_t *>("201"), 3, &row);
    const stw_status status = stw_exchange_setup(exchange, 1000, STW_PARTY_DEVICE, row, reinterpret_cast<const uint8_t *>(number),
                                                 std::strlen(number), &decision);
    const stw_status drained =
        exchange.drain(datagram, sizeof datagram, [&outputs](const stw_output &, const uint8_t *) { outputs++; });
    std::printf("201 dials %s: %s by %s, %u outputs\n", number, stw_status_name(status),
                stw_rule_name(static_cast<uint16_t>(decision.rule)), outputs);
    return decision.rule == rule && drained == STW_OK && outputs > 0;
}

} // namespace

int main(int count, char **given) {
    if (count != 3) {
        std::fprintf(stderr, "usage: gate POLICY.stw POLICY.keys\n");
        return 2;
    }
    const std::vector<uint8_t> policy = file(given[1]), keys = file(given[2]);
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    config.devices = 16;
    config.trunks = 2;
    config.calls = 4;
    std::memset(config.random_seed, 0x5a, sizeof config.random_seed); // firmware: 32 octets from a true random source
    // Before it has begun, functions refuse it.
    if (stw_exchange_tick(exchange, 0) != STW_ERR_ARGUMENT || exchange.begin(config) != STW_OK ||
        stw_exchange_load(exchange, policy.data(), policy.size(), keys.data(), keys.size()) != STW_OK) {
        std::fprintf(stderr, "gate: the exchange did not begin\n");
        return 1;
    }
    (void)stw_exchange_set_clock(exchange, 1000, 1795327200, -300);
    (void)exchange.drain(datagram, sizeof datagram, [](const stw_output &, const uint8_t *) {});
    const bool good = dials("202", STW_RULE_INTERNAL) && dials("9011441234567", STW_RULE_COR_ROUTE);
    // A telephone stands in its own memory too, and one for two lines takes no configuration for three.
    strowger::Phone<2> phone;
    stw_phone_config telephone = STW_PHONE_CONFIG_INIT;
    std::memcpy(telephone.number.text, "201", 4);
    telephone.address = stw_address{{192, 0, 2, 1}, 0, 5060, STW_FAMILY_IPV4, STW_TRANSPORT_UDP};
    telephone.servers[0] = telephone.address;
    std::memset(telephone.random_seed, 0x5a, sizeof telephone.random_seed);
    telephone.lines = 12;
    const bool refused = phone.begin(telephone) == STW_ERR_MEMORY;
    telephone.lines = 2;
    const bool begun = phone.begin(telephone) == STW_OK;
    std::printf("%s\n", good && refused && begun ? "all as expected" : "NOT as expected");
    return good && refused && begun ? 0 : 1;
}

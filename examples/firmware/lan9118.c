/* The board's Ethernet: an SMSC LAN9118, asked and not waited for. Registers by its data sheet. */
#include "board.h"
#include "net/net.h"

#define LAN(at) (*(volatile uint32_t *)(uintptr_t)(0x40200000u + (at)))
#define RX_FIFO LAN(0x00)
#define TX_FIFO LAN(0x20)
#define RX_STATUS LAN(0x40)
#define TX_STATUS LAN(0x48)
#define ID_REVISION LAN(0x50)
#define INTERRUPT_STATUS LAN(0x58)
#define INTERRUPT_ENABLE LAN(0x5C)
#define BYTE_TEST LAN(0x64)
#define FIFO_INTERRUPT LAN(0x68)
#define RX_CONFIG LAN(0x6C)
#define TX_CONFIG LAN(0x70)
#define HARDWARE_CONFIG LAN(0x74)
#define RX_SKIP LAN(0x78)
#define RX_INFORMATION LAN(0x7C)
#define TX_INFORMATION LAN(0x80)
#define MAC_COMMAND LAN(0xA4)
#define MAC_DATA LAN(0xA8)
#define FLOW_CONTROL LAN(0xAC)

enum { MAC_CONTROL = 1, MAC_HIGH = 2, MAC_LOW = 3 };

static uint32_t mac_read(uint32_t which)
{
    MAC_COMMAND = 1u << 31 | 1u << 30 | which;
    while (MAC_COMMAND & 1u << 31) {
    }
    return MAC_DATA;
}

static void mac_write(uint32_t which, uint32_t value)
{
    MAC_DATA = value;
    MAC_COMMAND = 1u << 31 | which;
    while (MAC_COMMAND & 1u << 31) {
    }
}

int ethernet_init(uint8_t mac[6])
{
    uint32_t low, high;
    if (BYTE_TEST != 0x87654321u || ID_REVISION >> 16 != 0x0118u)
        return 0;
    HARDWARE_CONFIG = 1;
    while (HARDWARE_CONFIG & 1u) {
    }
    INTERRUPT_ENABLE = 0;
    INTERRUPT_STATUS = ~0u;
    HARDWARE_CONFIG = 1u << 20 | 5u << 16; /* store and forward; 5 KiB of the memory are for sending */
    FLOW_CONTROL = 0x006E3740u;
    FIFO_INTERRUPT = 0xFF000000u;
    RX_CONFIG = 0;
    mac_write(MAC_CONTROL, mac_read(MAC_CONTROL) | 1u << 20 | 1u << 3 | 1u << 2); /* both ways at once, sends, hears */
    TX_CONFIG = 2;
    low = mac_read(MAC_LOW), high = mac_read(MAC_HIGH);
    for (unsigned n = 0; n < 6; n++)
        mac[n] = (uint8_t)(n < 4 ? low >> 8 * n : high >> 8 * (n - 4));
    return 1;
}

size_t ethernet_receive(uint8_t *into, size_t room)
{
    uint32_t status, len, word = 0;
    if ((RX_INFORMATION >> 16 & 0xFFu) == 0)
        return 0;
    status = RX_STATUS;
    len = status >> 16 & 0x3FFFu; /* with the frame's checksum, four octets */
    if (status & 1u << 15 || len < 4 || len - 4 > room) {
        RX_SKIP = 1u << 31;
        while (RX_SKIP & 1u << 31) {
        }
        return 0;
    }
    for (uint32_t n = 0; n < (len + 3) / 4 * 4; n++) {
        if (n % 4 == 0)
            word = RX_FIFO;
        if (n < len - 4)
            into[n] = (uint8_t)(word >> 8 * (n % 4));
    }
    return len - 4;
}

void ethernet_send(const uint8_t *frame, size_t len)
{
    if ((TX_INFORMATION & 0xFFFFu) < len + 8)
        return;
    TX_FIFO = 1u << 13 | 1u << 12 | (uint32_t)len; /* first and last piece of it */
    TX_FIFO = (uint32_t)len;
    for (size_t n = 0; n < len; n += 4) {
        uint32_t word = 0;
        for (size_t octet = 0; octet < 4 && n + octet < len; octet++)
            word |= (uint32_t)frame[n + octet] << 8 * octet;
        TX_FIFO = word;
    }
    while (TX_INFORMATION >> 16 & 0xFFu)
        (void)TX_STATUS;
}
